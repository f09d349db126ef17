import assert from 'node:assert/strict'
import { type Randomness, wholeNumber } from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'
import type { Streams } from '../../streams.ts'
import { batchOf } from '../../testing/virtual-cluster.ts'
import type { TransactionalProducer } from '../outcomes.ts'
import { anew } from './coordinator.ts'

/** What a writer knows of one of its transactions. */
export interface Attempt {
  readonly label: number
  readonly transactionalId: string
  /** By partition, how many of its records were acknowledged. */
  readonly acknowledged: number[]
  isGiven: boolean
  isCommitSent: boolean
  ended: 'commit' | 'abort' | undefined
}

export interface Process {
  readonly streams: Streams
  readonly scope: TenantScope
}

interface Call {
  /** @returns what became of it: `ok` or a reason */
  send(process: Process): Promise<string>
  heard(outcome: string): void
}

/** Its place is taken, or its time was over: it begins anew. */
const fencing = new Set(['producer-fenced', 'unknown-producer', 'stale-producer-epoch', 'not-in-transaction'])

export const timeoutMs = 30_000
export const topic = 'out'
export const partitions = 2

/**
 * A transactional producer as clients are: one call at a time, sent again while nobody knows what became of it. Several may
 * have one transactional id, each taking the others for gone.
 */
export class Writer {
  readonly attempts: Attempt[]
  readonly #transactionalId: string
  readonly #randomness: Randomness
  readonly #nextLabel: () => number
  #producer: TransactionalProducer | undefined
  readonly #sequences: number[] = []
  #attempt: Attempt | undefined
  #call: Call | undefined
  /** Changes when the process dies: what was under way then is never heard of again. */
  #connection = 0
  #isWaiting = false

  constructor(transactionalId: string, { randomness, nextLabel, attempts }: WriterOptions) {
    this.#transactionalId = transactionalId
    this.#randomness = randomness
    this.#nextLabel = nextLabel
    this.attempts = attempts
  }

  disconnected(): void {
    this.#connection++
    this.#isWaiting = false
  }

  /** Begins anew, as a process does that takes this one's place. */
  beginAnew(): void {
    this.disconnected()
    this.#producer = this.#attempt = this.#call = undefined
  }

  step(process: Process): void {
    if (this.#isWaiting) return
    this.#call ??= this.#next()
    this.#isWaiting = true
    const [call, connection] = [this.#call, this.#connection]
    void call
      .send(process)
      .catch(() => 'unknown')
      .then((outcome) => {
        if (connection === this.#connection) this.#heard(call, outcome)
      })
  }

  #heard(call: Call, outcome: string): void {
    this.#isWaiting = false
    if (outcome === 'unknown' || outcome === 'concurrent-transactions') return
    if (fencing.has(outcome)) return this.beginAnew()
    this.#call = undefined
    call.heard(outcome)
  }

  #next(): Call {
    const attempt = this.#attempt
    if (!this.#producer) return this.#init()
    if (!attempt) return this.#begin(this.#producer)
    const sent = attempt.acknowledged.reduce((sum, count) => sum + count, 0)
    if (sent === 0 || wholeNumber(this.#randomness, 3) > 0) return this.#produce(this.#producer, attempt)
    if (!attempt.isGiven && wholeNumber(this.#randomness, 2) > 0) return this.#give(this.#producer, attempt)
    return this.#end(this.#producer, attempt)
  }

  #init(): Call {
    const request = { transactionalId: this.#transactionalId, timeoutMs, ...anew }
    let producer: TransactionalProducer | undefined
    return {
      send: async ({ streams, scope }) => {
        const outcome = await streams.transactions.initProducer(scope, request)
        if (!outcome.ok) return outcome.reason
        const { producerId, producerEpoch } = outcome
        producer = { transactionalId: this.#transactionalId, producerId, producerEpoch }
        return 'ok'
      },
      heard: (outcome) => {
        assert.equal(outcome, 'ok')
        this.#producer = producer
        this.#sequences.length = 0
      },
    }
  }

  #begin(producer: TransactionalProducer): Call {
    const label = this.#nextLabel()
    const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
    return {
      send: async ({ streams, scope }) => (await streams.transactions.addPartitions(scope, producer, all)) ?? 'ok',
      heard: (outcome) => {
        assert.equal(outcome, 'ok')
        const { transactionalId } = producer
        const acknowledged = all.map(() => 0)
        const ended = undefined
        this.#attempt = { label, transactionalId, acknowledged, isGiven: false, isCommitSent: false, ended }
        this.attempts.push(this.#attempt)
      },
    }
  }

  #produce({ producerId, producerEpoch }: TransactionalProducer, attempt: Attempt): Call {
    const partition = wholeNumber(this.#randomness, partitions)
    const baseSequence = this.#sequences[partition] ?? 0
    const fields = { producerId, producerEpoch, baseSequence, isTransactional: true }
    return {
      send: async ({ streams, scope }) => {
        const outcome = await streams.produce(scope, { topic, partition }, batchOf([`${attempt.label}`], fields))
        return outcome.ok ? 'ok' : outcome.reason
      },
      heard: (outcome) => {
        assert.equal(outcome, 'ok')
        this.#sequences[partition] = baseSequence + 1
        attempt.acknowledged[partition]!++
      },
    }
  }

  #give(producer: TransactionalProducer, attempt: Attempt): Call {
    const claim = { groupId: groupOf(this.#transactionalId), memberId: '', instanceId: null, generation: -1 }
    const offsets = [{ topic, partition: 0, offset: attempt.label }]
    return {
      send: async ({ streams: { transactions }, scope }) => {
        const problem = await transactions.addGroup(scope, producer, claim.groupId)
        if (problem) return problem
        const [failure] = await transactions.commitOffsets(scope, producer, { claim, offsets })
        return failure ?? 'ok'
      },
      heard: (outcome) => {
        assert.equal(outcome, 'ok')
        attempt.isGiven = true
      },
    }
  }

  #end(producer: TransactionalProducer, attempt: Attempt): Call {
    const commit = wholeNumber(this.#randomness, 3) > 0
    return {
      send: async ({ streams, scope }) => {
        attempt.isCommitSent ||= commit
        return (await streams.transactions.end(scope, { ...producer, commit })) ?? 'ok'
      },
      heard: (outcome) => {
        assert.equal(outcome, 'ok')
        attempt.ended = commit ? 'commit' : 'abort'
        this.#attempt = undefined
      },
    }
  }
}

export interface WriterOptions {
  readonly randomness: Randomness
  readonly nextLabel: () => number
  /** Where it notes what it has begun. */
  readonly attempts: Attempt[]
}

export const groupOf = (transactionalId: string): string => `group of ${transactionalId}`
