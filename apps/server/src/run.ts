import {
  createLogger,
  disposeWithin,
  firstSignal,
  KoineError,
  type Logger,
  systemClock,
  systemRandomness,
} from '@koine/base'
import { banner } from './banner.ts'
import { compose } from './compose.ts'
import { printConfiguration } from './print-configuration.ts'
import { refuseOpenPlaintext } from './listening.ts'
import { type LoadedConfiguration, readConfiguration } from './read-configuration.ts'

export interface Invocation {
  /** The command line after the program: nothing or `up` to serve, `config` to print the settings; then flags. */
  readonly words: readonly string[]
  readonly environment: { readonly [variable: string]: string | undefined }
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  readonly consoleDirectory: string | undefined
}

/** Returns the exit code: 0 when all went as asked, 1 with one clear line on `err` when it can't. */
export async function run(invocation: Invocation): Promise<number> {
  const { words, environment, out, err } = invocation
  const command = words[0]?.startsWith('-') ? 'up' : (words[0] ?? 'up')
  const flags = words[0]?.startsWith('-') ? words : words.slice(1)
  try {
    if (command === 'config') return await printConfiguration(flags, environment, out)
    if (command === 'up') return await serve(await readConfiguration(flags, environment), invocation)
    throw new KoineError('invalid_request', `There is no command ${command}; say up or config`)
  } catch (thrown) {
    if (!(thrown instanceof KoineError)) throw thrown
    err(`koine: ${thrown.message}\n`)
    return 1
  }
}

async function serve(configuration: LoadedConfiguration, { out, err, consoleDirectory }: Invocation): Promise<number> {
  const { settings } = configuration
  refuseOpenPlaintext({ http: settings.http, kafka: settings.kafka }, settings.allowPlaintext)
  const format = settings.log.format === 'auto' ? (process.stderr.isTTY ? 'pretty' : 'json') : settings.log.format
  const logger = createLogger({ level: settings.log.level, format })
  for (const variable of configuration.unknownVariables)
    logger.warn({ variable }, 'an environment variable that names no setting')

  const stopping = firstSignal(['SIGTERM', 'SIGINT'], () => {
    err('koine: stopped at once, at the second signal\n')
    process.exit(1)
  })
  const server = await compose({ settings, clock: systemClock, randomness: systemRandomness, logger, consoleDirectory })
  logger.info({ ...server.addresses, pid: process.pid }, 'ready')
  out(
    banner({
      addresses: server.addresses,
      dataDir: settings.dataDir,
      demo: server.demo,
      readyInMs: performance.now(),
      kafkaSecurity: settings.kafka.tls.certificate === '' ? 'SASL_PLAINTEXT' : 'SASL_SSL',
    }),
  )
  const signal = await stopping
  return await stop(server, { signal, deadlineMs: settings.drain.deadlineMs, logger })
}

async function stop(server: AsyncDisposable, { signal, deadlineMs, logger }: Stop): Promise<number> {
  logger.info({ signal, deadlineMs }, 'stopping: no new work, what was accepted is finished')
  const inTime = await disposeWithin(server, {
    clock: systemClock,
    deadlineMs,
    onLateFailure: (cause) => logger.error({ err: cause }, 'a part failed to stop'),
  })
  if (inTime) logger.info({}, 'stopped')
  else logger.warn({ deadlineMs }, 'stopped at the deadline with work unfinished; nothing acknowledged is lost')
  return inTime ? 0 : 1
}

interface Stop {
  readonly signal: string
  readonly deadlineMs: number
  readonly logger: Logger
}
