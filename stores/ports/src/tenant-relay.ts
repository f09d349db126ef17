import { type Clock, KoineError, type Logger, sleep } from '@koine/base'
import { EventLog, type EventRecord } from './event-log.ts'
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
const roundEveryMs = 15
const backoffFirstMs = 20
const backoffMaxMs = 5_000
/** Of one append; the rest of a partition's events follows in the next round. */
const appendBytesGoal = 4 * 1024 * 1024
const contentType = Buffer.from('application/cloudevents+json; charset=UTF-8')

/** A topic whose events could not be relayed. They are passed over until it is tried again. */
interface FailingTopic {
  /** The position behind which its oldest pending event is; undefined for the start of the outbox. */
  readonly from: string | undefined
  failures: number
  retryAtMs: number
}

/**
 * The relay loop of one tenant. It always looks at the oldest pending events first. While a topic fails, it goes on behind
 * what that topic leaves pending, so that the other topics never wait for it; once the topic is well again, it starts
 * over at the oldest.
 */
export class TenantRelay implements AsyncDisposable {
  readonly #options: TenantRelayOptions
  readonly #events: EventLog
  readonly #wakeUp = new WakeUp()
  readonly #stop = new AbortController()
  readonly #listening: Disposable
  readonly #running: Promise<void>
  readonly #failing = new Map<string, FailingTopic>()
  /** What is pending up to here belongs to failing topics. */
  #after: string | undefined
  #drains: (() => void)[] = []
  #endRest: () => void = () => {}

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
    this.#endRest()
    this.#wakeUp.ring()
    return promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#endRest()
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
        await this.#retry()
        const seen = await this.#round()
        failures = 0
        if (seen === roundEvents) continue
        if (seen > 0) await this.#rest(startedMs + roundEveryMs - clock.monotonic())
        else if (this.#failing.size > 0) await this.#sleepUntilRetry()
        else {
          for (const resolve of this.#drains.splice(0, asked)) resolve()
          await this.#wakeUp.sleep(signal)
        }
      } catch (error) {
        await this.#pause(this.#retryInMs(error, ++failures))
      }
    }
  }

  /** Looks at the next pending events, relays those of topics that are well, and returns how many it has seen. */
  async #round(): Promise<number> {
    const { outbox, roundEvents } = this.#options
    const from = this.#after
    const pending = await outbox.pending(roundEvents, from)
    const last = pending.at(-1)?.position
    // The same again, from an engine that doesn't look behind a position: all that it can give now is held back.
    if (last === undefined || last === from) return 0
    const topics = [...Map.groupBy(pending, ({ topic }) => topic)].filter(([topic]) => !this.#failing.has(topic))
    await Promise.all(topics.map(([topic, events]) => this.#relay(topic, events, from)))
    // Passing over much may never wait for anything: others get their turn in between.
    if (topics.length === 0) await this.#pause(1)
    this.#after = this.#failing.size > 0 ? last : undefined
    return pending.length
  }

  /** Tries the failing topics whose time has come, each from its oldest event on. */
  async #retry(): Promise<void> {
    const nowMs = this.#options.clock.monotonic()
    for (const [topic, { from, retryAtMs }] of this.#failing) {
      if (retryAtMs > nowMs) continue
      const pending = await this.#options.outbox.pending(this.#options.roundEvents, from)
      const events = pending.filter((event) => event.topic === topic)
      // Its later events are among what was passed over.
      if (await this.#relay(topic, events, from)) this.#after = undefined
    }
  }

  /** False when some of the events, which follow `from`, stay behind. */
  async #relay(topic: string, events: readonly PendingEvent[], from: string | undefined): Promise<boolean> {
    try {
      const outcomes = await Promise.allSettled((await this.#byPartition(topic, events)).map((run) => this.#carry(run)))
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
      this.#failing.delete(topic)
      return true
    } catch (error) {
      const failing = this.#failing.get(topic) ?? { from, failures: 0, retryAtMs: 0 }
      failing.retryAtMs = this.#options.clock.monotonic() + this.#retryInMs(error, ++failing.failures, topic)
      this.#failing.set(topic, failing)
      return false
    }
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

  /** A topic's pending events by the partition that their key belongs to, each in the order given. */
  async #byPartition(topic: string, events: readonly PendingEvent[]): Promise<readonly PartitionEvents[]> {
    const count = await this.#partitionsOf(topic)
    const byNumber = Map.groupBy(events, ({ key }) => this.#events.partitionFor(key, count))
    return [...byNumber].map(([partition, ofPartition]) => ({ at: { topic, partition }, events: ofPartition }))
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

  #retryInMs(error: unknown, failures: number, topic?: string): number {
    const { logger } = this.#options
    const retryInMs = Math.min(backoffMaxMs, backoffFirstMs * 2 ** (failures - 1))
    this.#options.failed()
    logger.warn({ err: error, topic, failures, retryInMs }, 'Relaying events failed; trying again')
    return retryInMs
  }

  /** Until there is something new, or a failing topic's time has come. */
  async #sleepUntilRetry(): Promise<void> {
    const { clock } = this.#options
    const retryAtMs = Math.min(...this.#failing.values().map((topic) => topic.retryAtMs))
    const timer = clock.after(Math.max(0, retryAtMs - clock.monotonic()), () => this.#wakeUp.ring())
    await this.#wakeUp.sleep(this.#stop.signal)
    timer.cancel()
  }

  /** Ends early when the relay is stopped, or somebody waits for it to be done. */
  async #rest(ms: number): Promise<void> {
    if (ms <= 0 || this.#drains.length > 0 || this.#stop.signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.#options.clock.after(ms, resolve)
    this.#endRest = resolve
    await promise
    timer.cancel()
  }

  /** Ends early when the relay is stopped. */
  async #pause(ms: number): Promise<void> {
    try {
      await sleep(this.#options.clock, ms, this.#stop.signal)
    } catch {
      // Aborted: the loop sees it.
    }
  }
}

interface PartitionEvents {
  readonly at: Partition
  readonly events: readonly PendingEvent[]
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
