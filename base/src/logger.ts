import { pino, stdTimeFunctions, type DestinationStream } from 'pino'
import { build as prettyStream } from 'pino-pretty'

/** Structured logs. Fields never hold secrets, credentials or message bodies. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Logger
}

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

export interface LoggerOptions {
  readonly level: LogLevel
  /** JSON lines, or text for people. */
  readonly format: 'json' | 'pretty'
  /** Where lines go; standard error when not given. */
  readonly destination?: DestinationStream
}

const redacted = ['token', 'secret', 'authorization', 'password', 'adminToken', 'text', 'body']

export function createLogger({ level, format, destination }: LoggerOptions): Logger {
  const target =
    destination ??
    (format === 'pretty' ? prettyStream({ destination: 2, sync: true, ignore: 'pid,hostname' }) : undefined)
  return pino(
    {
      level,
      timestamp: stdTimeFunctions.isoTime,
      base: null,
      redact: [...redacted, ...redacted.map((name) => `*.${name}`)],
      formatters: { level: (label) => ({ level: label }) },
    },
    target ?? pino.destination({ dest: 2, sync: true }),
  )
}

export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
}
