import { KoineApi } from '@koine/sdk'
import { Command } from 'commander'
import { type ConnectionOptions, operatorConnection, tenantConnection } from './connection.ts'
import { addConsumeCommand } from './consume.ts'
import { addGroupCommands } from './groups.ts'
import { addKeyCommands } from './keys.ts'
import { addProduceCommand } from './produce.ts'
import { runServer } from './server-program.ts'
import type { Session } from './session.ts'
import { addStatusCommand } from './status.ts'
import { addQuotaCommands } from './quotas.ts'
import { addTenantCommands } from './tenants.ts'
import { addTopicCommands } from './topics.ts'
import { addUsageCommand } from './usage.ts'

export interface ProgramOptions {
  readonly environment: NodeJS.ProcessEnv
  readonly write: (text: string) => void
  /** The standard input as text, as it comes. */
  readonly read?: () => AsyncIterable<string>
  /** The server program's own commands; its exit code. */
  readonly runServer?: (words: readonly string[]) => Promise<number>
  /** Told the exit code when a command ran the server. */
  readonly onExitCode?: (code: number) => void
}

export function createProgram({
  environment,
  write,
  read = () => process.stdin.setEncoding('utf8'),
  onExitCode = () => {},
  ...rest
}: ProgramOptions): Command {
  const serve = rest.runServer ?? runServer
  const program = new Command('koine')
    .description('One self-hosted backend for chat, feeds, bots and predictions, per tenant, on one event stream.')
    .option('--url <url>', 'where the server is (KOINE_URL; http://127.0.0.1:8080)')
    .option(
      '--admin-token <token>',
      'the operator credential (KOINE_ADMIN_TOKEN; the demo file of a development server)',
    )
    .option('--api-key <id.secret>', "a tenant's credential (KOINE_API_KEY; the demo file of a development server)")
    .option('--tenant <name>', 'which tenant of the demo file, when it gives the API key (the first)')
    .option('--data-dir <folder>', 'the data directory of a development server on this machine (./data)')
    .option('--json', 'print JSON for programs', false)
    .configureOutput({ writeOut: write })
    .showHelpAfterError('(koine --help lists the commands)')

  const sessionAs = (connect: typeof operatorConnection) => (): Session => {
    const options = program.opts<ConnectionOptions & { json: boolean }>()
    return { api: new KoineApi(connect(options, environment)), output: { json: options.json, write } }
  }
  const asOperator = sessionAs(operatorConnection)
  const asTenant = sessionAs(tenantConnection)
  /** Options of this program that the server has as well are taken off its words by the parser: given back here. */
  const ownFlags = (): string[] => {
    const { json, adminToken, dataDir } = program.opts<ConnectionOptions & { json: boolean }>()
    const texts = Object.entries({ 'admin-token': adminToken, 'data-dir': dataDir })
    return [
      ...texts.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`])),
      ...(json ? ['--json'] : []),
    ]
  }
  const passThrough = (name: string, about: string): Command =>
    program
      .command(name)
      .description(about)
      .allowUnknownOption()
      .allowExcessArguments()
      .action(async (_, command: Command) => onExitCode(await serve([name, ...command.args, ...ownFlags()])))
  passThrough('up', 'start Koine in this terminal; flags are settings, such as --http-port 9080')
  passThrough('config', 'print the effective settings, each with where it came from')
  addStatusCommand(program, asOperator)
  addTenantCommands(program, asOperator)
  addKeyCommands(program, asOperator)
  addQuotaCommands(program, asOperator)
  addTopicCommands(program, asTenant)
  addGroupCommands(program, asTenant)
  addProduceCommand(program, asTenant, read)
  addConsumeCommand(program, asTenant)
  addUsageCommand(program, asTenant)
  return program
}
