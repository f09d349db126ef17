import { setTimeout as sleep } from 'node:timers/promises'
import type { Entry, Seen } from '../log-checker/history.ts'

/** What no client of ours should ever be told, whatever happens to the server. */
const surprising = new Set([
  'UNKNOWN',
  'UNKNOWN_SERVER_ERROR',
  'CORRUPT_MESSAGE',
  'OFFSET_OUT_OF_RANGE',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'INVALID_PRODUCER_ID_MAPPING',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_VERSION',
  'INVALID_REQUEST',
])

/** What all clients of a run have done, seen and been told. */
export class Recorder {
  readonly entries: Entry[] = []
  /** How often each error was told. */
  readonly errors = new Map<string, number>()
  readonly surprises: string[] = []
  /** Producers begin nothing new. */
  isCalm = false
  /** Readers and copiers stop once they find nothing more. */
  isOver = false
  /** They stop wherever they are. */
  isGivenUp = false

  note(entry: Entry): void {
    this.entries.push(entry)
  }

  polled(process: string, records: readonly Seen[]): void {
    if (records.length > 0) this.note({ kind: 'poll', process, records })
  }

  failed(process: string, thrown: unknown): void {
    const name = nameOfError(thrown)
    this.errors.set(name, (this.errors.get(name) ?? 0) + 1)
    if (surprising.has(name)) this.surprises.push(`${process} was told ${name}: ${String(thrown)}`)
  }
}

export const pause = (msMax: number): Promise<void> => sleep(Math.random() ** 2 * msMax)
export const chance = (likelihood: number): boolean => Math.random() < likelihood
export const pick = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)]!

export const partitionOf = (name: string): { topic: string; partition: number } => {
  const at = name.lastIndexOf('/')
  return { topic: name.slice(0, at), partition: Number(name.slice(at + 1)) }
}

/** The protocol's name of it where there is one, of whichever client; else what the client calls it. */
export function nameOfError(thrown: unknown): string {
  for (const error of chainOf(thrown)) {
    const { type, apiId } = error as { type?: unknown; apiId?: unknown }
    if (typeof type === 'string') return type
    if (typeof apiId === 'string') return apiId
  }
  const innermost = chainOf(thrown).at(-1)
  return innermost ? `${innermost.name} (${innermost.message.slice(0, 60)})` : String(thrown)
}

/** An error, what it collects and what has caused it, the innermost last. */
function chainOf(thrown: unknown, depth = 0): Error[] {
  if (!(thrown instanceof Error) || depth > 8) return []
  const collected = thrown instanceof AggregateError ? (thrown.errors as unknown[]) : []
  return [thrown, ...[...collected, thrown.cause].flatMap((inner) => chainOf(inner, depth + 1))]
}
