import { type Clock, KoineError, type Logger, sleep } from '@koine/base'
import { EventLog, type EventRecord } from './event-log.ts'
import { partitionKey } from './append-listeners.ts'
import type { Partition, TenantLog } from './log.ts'
import type { Outbox, PendingEvent } from './tables.ts'
import { WakeUp } from './wake-up.ts'

export interface TenantRelayOptions {
  readonly outbox: Outbox
  readonly log: TenantLog
  readonly clock: Clock
  readonly logger: Logger
  readonly partitions: number
  readonly roundEvents: number
  relayed(events: number): void
  failed(): void
}

/**
 * Rounds that aren't full start at least this far apart: each costs a flush of the disk that senders wait on too. The
 * first event after a quiet time goes at once.
 */
const roundEveryMs = Number(process.env.ROUND ?? 15)
const backoffFirstMs = 20
const backoffMaxMs = 5_000
/** Of one append; the rest of a partition's events follows in the next round. */
const appendBytesGoal = 4 * 1024 * 1024
const contentType = Buffer.from('application/cloudevents+json; charset=UTF-8')

/** The relay loop of one tenant. */
export class TenantRelay implements AsyncDisposable {
  readonly #options: TenantRelayOptions
  readonly #events: EventLog
  readonly #wakeUp = new WakeUp()
  readonly #stop = new AbortController()
  readonly #listening: Disposable
  readonly #running: Promise<void>
  #drains: (() => void)[] = []

  constructor(options: TenantRelayOptions) {
    this.#options = options
    this.#events = new EventLog(options.log, options)
    this.#listening = options.outbox.onCommit(() => this.#wakeUp.ring())
    this.#running = this.#run()
  }

  drained(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (this.#stop.signal.aborted) resolve()
    else this.#drains.push(resolve)
    this.#wakeUp.ring()
    return promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#listening[Symbol.dispose]()
    await this.#running
    for (const resolve of this.#drains.splice(0)) resolve()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    const { clock, roundEvents } = this.#options
    let failures = 0
    while (!signal.aborted) {
      try {
        const asked = this.#drains.length
        const startedMs = clock.monotonic()
        const relayed = await this.#round()
        if (relayed > 0) {
          failures = 0
          if (relayed < roundEvents) await this.#pause(startedMs + roundEveryMs - clock.monotonic())
          continue
        }
        for (const resolve of this.#drains.splice(0, asked)) resolve()
        await this.#wakeUp.sleep(signal)
      } catch (error) {
        await this.#backOff(error, ++failures)
      }
    }
  }

  /** Relays the oldest pending events and returns how many. Rejects when some of them stay behind. */
  async #round(): Promise<number> {
    const pending = await this.#options.outbox.pending(this.#options.roundEvents)
    const groups = await this.#byPartition(pending)
    const outcomes = await Promise.allSettled(groups.map((group) => this.#carry(group)))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
    return pending.length
  }

  /** Appends a partition's events in order and takes each part out behind its append. */
  async #carry({ at, events }: PartitionEvents): Promise<void> {
    for (const part of inParts(events)) {
      const result = await this.#events.appendTo(at, part.map(toRecord))
      if (!result.ok)
        throw new KoineError('unavailable', `The topic '${at.topic}' was deleted while it was written to.`)
      this.#options.relayed(part.length)
      await this.#options.outbox.remove(part)
    }
  }

  /** Pending events by the partition that their key belongs to, each in the order given. */
  async #byPartition(pending: readonly PendingEvent[]): Promise<readonly PartitionEvents[]> {
    const groups = new Map<string, PartitionEvents>()
    const partitionCounts = new Map<string, number>()
    for (const event of pending) {
      const { topic, key } = event
      const count = partitionCounts.get(topic) ?? (await this.#partitionsOf(topic))
      partitionCounts.set(topic, count)
      const at = { topic, partition: this.#events.partitionFor(key, count) }
      const group = groups.get(partitionKey(at)) ?? { at, events: [] }
      groups.set(partitionKey(at), group)
      group.events.push(event)
    }
    return [...groups.values()]
  }

  /** Makes the topic when it isn't there: events are kept for ever unless someone settles otherwise. */
  async #partitionsOf(name: string): Promise<number> {
    const { log, partitions } = this.#options
    const found = await log.topic(name)
    if (found) return found.partitions
    const made = await log.createTopic({
      name,
      partitions,
      settings: { 'retention.ms': '-1', 'retention.bytes': '-1' },
    })
    if (made.ok) return partitions
    throw new KoineError('conflict', `The topic '${name}' appeared while it was made.`)
  }

  async #backOff(error: unknown, failures: number): Promise<void> {
    const { logger } = this.#options
    const retryInMs = Math.min(backoffMaxMs, backoffFirstMs * 2 ** (failures - 1))
    this.#options.failed()
    logger.warn({ err: error, failures, retryInMs }, 'Relaying events failed; trying again')
    await this.#pause(retryInMs)
  }

  /** Ends early when the relay is stopped. */
  async #pause(ms: number): Promise<void> {
    if (ms <= 0) return
    try {
      await sleep(this.#options.clock, ms, this.#stop.signal)
    } catch {
      // Aborted: the loop sees it.
    }
  }
}

interface PartitionEvents {
  readonly at: Partition
  readonly events: PendingEvent[]
}

/** Cuts the events into runs that an append can hold. */
function inParts(events: readonly PendingEvent[]): PendingEvent[][] {
  const parts: PendingEvent[][] = [[]]
  let bytes = 0
  for (const event of events) {
    const size = Buffer.byteLength(event.body)
    if (bytes > 0 && bytes + size > appendBytesGoal) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)!.push(event)
    bytes += size
  }
  return parts
}

/** Kafka's binding of CloudEvents, structured mode, with the event id where a consumer finds it without parsing. */
function toRecord({ id, key, body }: PendingEvent): EventRecord {
  return {
    key,
    value: Buffer.from(body),
    headers: [
      { name: 'content-type', value: contentType },
      { name: 'event-id', value: Buffer.from(id) },
    ],
  }
}
