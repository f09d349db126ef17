import { readdirSync, statSync } from 'node:fs'
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

const root = join(import.meta.dirname, '../../..')
const sources = ['apps/console/src', 'apps/console/public', 'sdk/src', 'contract/src', 'protocols/realtime/src']

/** Builds the page when it is older than what it is made of, so that no test looks at an old one. */
export async function buildConsole(): Promise<void> {
  const built = statSync(join(root, 'apps/console/dist/index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  const isNewer = (path: string): boolean => statSync(path).mtimeMs > built
  const stale = sources
    .map((source) => join(root, source))
    .some((source) => readdirSync(source, { recursive: true }).some((name) => isNewer(join(source, String(name)))))
  if (stale) await build({ root: join(root, 'apps/console'), logLevel: 'error' })
}
