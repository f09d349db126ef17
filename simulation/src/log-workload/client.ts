import { type Randomness, sleep, wholeNumber } from '@koine/base'
import { encodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import type { ProduceOutcome, Streams } from '@koine/services-streams'
import type { TenantScope } from '@koine/stores-ports'
import type { Entry, Seen } from '../log-checker/history.ts'
import type { LogWorld } from './log-world.ts'

/** A value and where it goes. */
export interface ToSend {
  readonly partition: string
  readonly value: string
}

export interface Identity {
  readonly producerId: number
  readonly producerEpoch: number
}

const attemptsMax = 12
const transactionTimeoutMs = 8_000

export const partitionOf = (name: string): { topic: string; partition: number } => {
  const at = name.lastIndexOf('/')
  return { topic: name.slice(0, at), partition: Number(name.slice(at + 1)) }
}

/** What a client of the cluster does over and over: it calls, tries again, and remembers its sequence numbers. */
export class Client {
  readonly name: string
  readonly world: LogWorld
  readonly randomness: Randomness
  readonly entries: Entry[]
  #identity: Identity | undefined
  readonly #sequences = new Map<string, number>()

  constructor(name: string, world: LogWorld, randomness: Randomness, entries: Entry[]) {
    this.name = name
    this.world = world
    this.randomness = randomness
    this.entries = entries
  }

  chance(likelihood: number): boolean {
    return this.randomness.fraction() < likelihood
  }

  pick<T>(from: readonly T[]): T {
    return from[wholeNumber(this.randomness, from.length)]!
  }

  /** Longer once it is calm: then it is only waited for what has to come. */
  pause(msMax: number): Promise<void> {
    return sleep(this.world.clock, this.randomness.fraction() ** 2 * msMax * (this.world.isCalm ? 20 : 1))
  }

  /** Calls until there is an answer; undefined when there was none after many attempts: what came of it is unknown. */
  async ask<T>(call: (streams: Streams, scope: TenantScope) => Promise<T>): Promise<T | undefined> {
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      try {
        return await this.world.call(call)
      } catch (thrown) {
        if (!this.world.isPassing(this.name, thrown)) return undefined
        await this.pause(50 * 2 ** Math.min(attempt, 6))
      }
    }
    return undefined
  }

  /** A new identity, with sequences from 0. False when there was no answer. */
  async initialise(transactionalId: string | null): Promise<boolean> {
    this.#identity = undefined
    const request = { transactionalId, timeoutMs: transactionTimeoutMs, producerId: -1, producerEpoch: -1 }
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const outcome = await this.ask((streams, scope) => streams.transactions.initProducer(scope, request))
      if (outcome?.ok) {
        const { producerId, producerEpoch } = outcome
        this.#identity = { producerId, producerEpoch }
        this.#sequences.clear()
        return true
      }
      if (outcome && outcome.reason !== 'concurrent-transactions') {
        this.world.trace.violation(`${this.name} can't have an identity: ${outcome.reason}`)
        return false
      }
      await this.pause(500)
    }
    return false
  }

  get identity(): Identity | undefined {
    return this.#identity
  }

  /**
   * Sends one value, the same batch again while the outcome is unknown. Undefined: still unknown in the end; the identity
   * is then not to be used any further.
   */
  async send({ partition, value }: ToSend, { isTransactional = false } = {}): Promise<ProduceOutcome | undefined> {
    const baseSequence = this.#sequences.get(partition) ?? 0
    this.#sequences.set(partition, baseSequence + 1)
    const batch = (): Uint8Array =>
      encodeRecordBatch({
        records: [{ key: null, value: Buffer.from(value), timestampMs: this.world.clock.now() }],
        ...this.#identity,
        baseSequence,
        isTransactional,
      })
    const outcome = await this.ask((streams, scope) => streams.produce(scope, partitionOf(partition), batch()))
    this.world.trace.note(
      `${this.name} sends ${value} to ${partition}: ${outcome ? (outcome.ok ? `@${outcome.baseOffset}` : outcome.reason) : 'unknown'}`,
    )
    return outcome
  }

  note(entry: Entry): void {
    this.entries.push(entry)
  }

  polled(records: readonly Seen[]): void {
    if (records.length > 0) this.note({ kind: 'poll', process: this.name, records })
  }
}
