import { temporaryDirectory } from '@koine/base/testing'
import { type CompatServer, startCompatServer } from '../server.ts'
import { AdminTools } from './admin-tools.ts'
import { JavaClient } from './java-client.ts'

/** A server, and Java programs as acme's clients. */
export interface JavaSuite extends AsyncDisposable {
  readonly server: CompatServer
  readonly client: JavaClient
  readonly tools: AdminTools
  /** For files, gone with the rest. */
  readonly directory: string
  /** The tools as run by a user of acme's cluster, who signs in by SCRAM-SHA-512. */
  toolsOf(user: string, password: string): Promise<AdminTools>
}

/** @param sources Java sources of ours, to be compiled */
export async function openJavaSuite(...sources: string[]): Promise<JavaSuite> {
  await using opened = new AsyncDisposableStack()
  const server = opened.use(await startCompatServer())
  const directory = opened.use(temporaryDirectory()).path
  const { bootstrap } = server
  const client = await JavaClient.open({ bootstrap, credential: server.acme, directory })
  const toolsOf = async (user: string, secret: string) => {
    const credential = { id: server.userName(user), secret }
    return new AdminTools(await JavaClient.open({ bootstrap, credential, mechanism: 'SCRAM-SHA-512', directory }))
  }
  if (sources.length > 0) await client.compile(...sources)
  const all = opened.move()
  return {
    server,
    client,
    directory,
    toolsOf,
    tools: new AdminTools(client),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}
