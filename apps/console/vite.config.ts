import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/**
 * The page runs under a strict content security policy: everything is a file of its own (no inlined assets, no preload
 * polyfill), so that `default-src 'self'` is enough. In development the API is the program on its own port.
 */
export default defineConfig({
  plugins: [react()],
  build: {
    target: ['chrome123', 'firefox128', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    // What others wrote changes seldom: a file of its own stays in the browser's cache over our releases.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: 'libraries', test: /[\\/]node_modules[\\/]/ }] } },
    },
  },
  server: {
    proxy: { '/v1': { target: process.env.KOINE_URL ?? 'http://127.0.0.1:8080', ws: true } },
  },
})
