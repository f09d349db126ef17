import { temporaryDirectory } from '@koine/base/testing'
import { startServer } from '@koine/server/testing'

/** An API key, used over Kafka as user name and password. */
export interface Credential {
  readonly id: string
  readonly secret: string
}

/** The real program in a process of its own, over a data directory that goes with it, with its two demo tenants. */
export interface CompatServer extends AsyncDisposable {
  /** `host:port` */
  readonly bootstrap: string
  /** `http://host:port` */
  readonly http: string
  readonly adminToken: string
  readonly pid: number
  readonly acme: Credential
  readonly globex: Credential
  /** The user name with which a user of acme's cluster signs in. */
  userName(name: string): string
}

/** A topic that the platform has made in each demo tenant's cluster, with its first event. */
export const platformTopic = 'koine.messages'

/**
 * `KOINE_COMPAT_AGAINST=host:port,user,secret` runs the scenarios against another broker, such as Apache Kafka itself: it
 * shows whether a scenario expects what Kafka does.
 */
const against = process.env.KOINE_COMPAT_AGAINST

export async function startCompatServer(
  options: { readonly flags?: readonly string[]; readonly environment?: Record<string, string> } = {},
): Promise<CompatServer> {
  if (against) return otherBroker(against)
  await using opened = new AsyncDisposableStack()
  const directory = opened.use(temporaryDirectory())
  const server = opened.use(await startServer({ dataDir: directory.path, ...options }))
  const tenant = (name: string) => {
    const found = server.demo.tenants.find((candidate) => candidate.name === name)
    if (!found) throw new Error(`The server has made no demo tenant ${name}`)
    return found
  }
  const all = opened.move()
  return {
    bootstrap: server.kafka,
    http: server.http,
    adminToken: server.demo.adminToken,
    pid: server.pid,
    acme: tenant('acme').apiKey,
    globex: tenant('globex').apiKey,
    userName: (name) => `${name}@${tenant('acme').id}`,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

function otherBroker(named: string): CompatServer {
  const [bootstrap = '', id = '', secret = ''] = named.split(',')
  const [acme, globex] = [
    { id, secret },
    { id: 'globex', secret: 'globex' },
  ]
  const rest = {
    http: '',
    adminToken: '',
    pid: 0,
    userName: (name: string) => name,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  return { bootstrap, acme, globex, ...rest }
}
