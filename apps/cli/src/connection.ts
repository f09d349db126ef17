import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the server is and who asks. */
export interface Connection {
  readonly url: string
  readonly token: string
}

export interface ConnectionOptions {
  readonly url?: string
  readonly adminToken?: string
  readonly apiKey?: string
  readonly tenant?: string
  readonly dataDir?: string
}

interface DemoFile {
  readonly adminToken: string
  readonly tenants: readonly {
    readonly id: string
    readonly name: string
    readonly apiKey: { readonly id: string; readonly secret: string }
  }[]
}

/**
 * As the operator. The admin token comes from `--admin-token`, else from KOINE_ADMIN_TOKEN, else from the demo file of a
 * development server on this machine.
 */
export function operatorConnection(options: ConnectionOptions, environment: NodeJS.ProcessEnv): Connection {
  const given = options.adminToken ?? environment.KOINE_ADMIN_TOKEN
  const fromDemo = (): string =>
    demoFile(options, environment, 'No admin token: give --admin-token or KOINE_ADMIN_TOKEN').adminToken
  return { url: urlOf(options, environment), token: given ?? fromDemo() }
}

/**
 * As a tenant. The API key comes from `--api-key`, else from KOINE_API_KEY, else it is that of the tenant named by
 * `--tenant`, or of the first, in the demo file of a development server on this machine.
 */
export function tenantConnection(options: ConnectionOptions, environment: NodeJS.ProcessEnv): Connection {
  const given = options.apiKey ?? environment.KOINE_API_KEY
  return { url: urlOf(options, environment), token: given ?? demoKey(options, environment) }
}

const urlOf = (options: ConnectionOptions, environment: NodeJS.ProcessEnv): string =>
  options.url ?? environment.KOINE_URL ?? `http://127.0.0.1:${environment.KOINE_HTTP_PORT ?? 8080}`

function demoKey(options: ConnectionOptions, environment: NodeJS.ProcessEnv): string {
  const { tenants } = demoFile(options, environment, 'No API key: give --api-key or KOINE_API_KEY')
  const { tenant } = options
  const found = tenant === undefined ? tenants[0] : tenants.find(({ id, name }) => id === tenant || name === tenant)
  if (!found) {
    const names = tenants.map(({ name }) => name).join(', ')
    throw new Error(`No demo tenant is called ${tenant ?? 'anything'}; there are ${names || 'none'}. Or give --api-key`)
  }
  return `${found.apiKey.id}.${found.apiKey.secret}`
}

function demoFile(options: ConnectionOptions, environment: NodeJS.ProcessEnv, otherwise: string): DemoFile {
  const path = join(options.dataDir ?? environment.KOINE_DATA_DIR ?? './data', 'demo.json')
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as DemoFile
  } catch (cause) {
    throw new Error(`${otherwise}, or --data-dir of a development server (${path} can't be read)`, { cause })
  }
}
