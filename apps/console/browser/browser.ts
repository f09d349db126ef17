import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { build } from 'vite'

/** The installed Chromium, kept from calling anywhere. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })

/** Builds the page as it stands, so that no test looks at an old one. */
export async function buildConsole(): Promise<void> {
  await build({ root: join(import.meta.dirname, '..'), logLevel: 'error' })
}
