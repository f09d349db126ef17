import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the server is and who asks. */
export interface Connection {
  readonly url: string
  readonly adminToken: string
}

export interface ConnectionOptions {
  readonly url?: string
  readonly adminToken?: string
  readonly dataDir?: string
}

/**
 * The admin token comes from `--admin-token`, else from KOINE_ADMIN_TOKEN, else from the demo file of a development
 * server on this machine.
 */
export function connectionFrom(options: ConnectionOptions, environment: NodeJS.ProcessEnv): Connection {
  const url = options.url ?? environment.KOINE_URL ?? `http://127.0.0.1:${environment.KOINE_HTTP_PORT ?? 8080}`
  const given = options.adminToken ?? environment.KOINE_ADMIN_TOKEN
  return { url, adminToken: given ?? demoToken(options.dataDir ?? environment.KOINE_DATA_DIR ?? './data') }
}

function demoToken(dataDir: string): string {
  const path = join(dataDir, 'demo.json')
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { adminToken: string }).adminToken
  } catch (cause) {
    throw new Error(
      `No admin token: give --admin-token or KOINE_ADMIN_TOKEN, or --data-dir of a development server (${path} can't be read)`,
      { cause },
    )
  }
}
