import { type Clock, KoineError } from '@koine/base'
import { EventLog, type TenantScope } from '@koine/stores-ports'

export interface PlatformEvent {
  /** Where to go on after this event. Opaque. */
  readonly cursor: string
  /** The event's JSON text as it stands in the log. */
  readonly body: string
}

export interface EventPosition {
  /** A platform topic: its name starts with `koine.`. */
  readonly topic: string
  /** `earliest`, `latest`, or the cursor of the last event seen. */
  readonly from: string
}

const recordsAtOnce = 100

/** The platform's own events of a tenant, as they come, over every partition of a topic. Each key's events are in order. */
export class PlatformEvents {
  readonly #clock: Clock

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock
  }

  /**
   * Yields events until the signal is aborted.
   * @throws KoineError `not_found` (no such platform topic), `invalid_request` (a cursor that isn't one of ours)
   */
  async *read(scope: TenantScope, { topic, from }: EventPosition, signal: AbortSignal): AsyncGenerator<PlatformEvent> {
    const described = topic.startsWith('koine.') ? await scope.log.topic(topic) : undefined
    if (!described) throw new KoineError('not_found', `There is no platform topic ${topic}.`)
    const offsets = await startOffsets(scope, topic, described.partitions, from)
    const log = new EventLog(scope.log, { clock: this.#clock })
    const bell = new AppendBell(scope, topic, described.partitions, signal)
    try {
      while (!signal.aborted) {
        let found = false
        for (let partition = 0; partition < offsets.length; partition++) {
          const { records, nextOffset } = await log.read({ topic, partition }, offsets[partition]!, recordsAtOnce)
          for (const record of records) {
            offsets[partition] = record.offset + 1
            found = true
            yield { cursor: encodeCursor(offsets), body: Buffer.from(record.value ?? []).toString('utf8') }
            if (signal.aborted) return
          }
          offsets[partition] = nextOffset
        }
        if (!found) await bell.ring()
      }
    } finally {
      bell[Symbol.dispose]()
    }
  }
}

async function startOffsets(scope: TenantScope, topic: string, partitions: number, from: string): Promise<number[]> {
  const given = from === 'earliest' || from === 'latest' ? undefined : decodeCursor(from, partitions)
  const offsets: number[] = []
  for (let partition = 0; partition < partitions; partition++) {
    const bounds = await scope.log.bounds({ topic, partition })
    if (!bounds) throw new KoineError('not_found', `There is no platform topic ${topic}.`)
    const wanted = given ? given[partition]! : from === 'earliest' ? bounds.startOffset : bounds.endOffset
    offsets.push(Math.min(Math.max(wanted, bounds.startOffset), bounds.endOffset))
  }
  return offsets
}

const encodeCursor = (offsets: readonly number[]): string => offsets.join('.')

function decodeCursor(cursor: string, partitions: number): number[] {
  const offsets = cursor.split('.').map((part) => (/^\d{1,15}$/.test(part) ? Number(part) : Number.NaN))
  // A topic that has grown since has partitions that the cursor doesn't know; they start at 0.
  if (offsets.length > partitions || offsets.some(Number.isNaN)) {
    throw new KoineError('invalid_request', '`from` is `earliest`, `latest` or the cursor of an event of this topic.')
  }
  return [...offsets, ...Array<number>(partitions - offsets.length).fill(0)]
}

/** Rings on any append to a topic since the last ring, and when the signal is aborted. */
class AppendBell implements Disposable {
  #rung = false
  #wake: (() => void) | undefined
  readonly #listeners: Disposable[]
  readonly #signal: AbortSignal
  readonly #onRing = (): void => {
    this.#rung = true
    this.#wake?.()
  }

  constructor(scope: TenantScope, topic: string, partitions: number, signal: AbortSignal) {
    this.#signal = signal
    this.#listeners = Array.from({ length: partitions }, (_, partition) =>
      scope.log.onAppend({ topic, partition }, this.#onRing),
    )
    signal.addEventListener('abort', this.#onRing)
  }

  async ring(): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.#wake = undefined
    this.#rung = false
  }

  [Symbol.dispose](): void {
    for (const listener of this.#listeners) listener[Symbol.dispose]()
    this.#signal.removeEventListener('abort', this.#onRing)
  }
}
