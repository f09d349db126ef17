import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumer, EachBatchPayload } from 'kafkajs'
import type { LogCheck } from '../log-checker/checks/check.ts'
import { type Entry, works } from '../log-checker/history.ts'
import type { Cluster } from './cluster.ts'
import { letGo } from './producers.ts'
import type { Recorder } from './recorder.ts'

const groupId = 'readers'
/** The least that is allowed, and shorter than the longer freezes. */
const sessionTimeoutMs = 6_000

/** A member that hasn't done anything for so long has stopped without a word. */
const silentMsMax = 15_000

export interface MemberOptions {
  readonly name: string
  readonly topics: readonly string[]
}

/** A member of the group, which commits what it has read; once kafkajs has given up, it comes back as another one. */
export async function readInGroup(cluster: Cluster, recorder: Recorder, options: MemberOptions): Promise<void> {
  while (!recorder.isGivenUp) {
    const life = new MemberLife()
    const consumer = openConsumer(cluster, recorder, options, life)
    try {
      await consumer.connect()
      await consumer.subscribe({ topics: [...options.topics], fromBeginning: true })
      await consumer.run({ eachBatch: (payload) => readBatch(recorder, options.name, life, payload) })
      while (!recorder.isGivenUp && life.isGoing) await sleep(100)
    } catch (thrown) {
      recorder.failed(options.name, thrown)
      await sleep(200)
    }
    life.isOver = true
    // One that has lost its server may wait for it for long; it reads nothing any more.
    await Promise.race([letGo(consumer), sleep(2_000)])
  }
}

/** Of one consumer of kafkajs. */
class MemberLife {
  isOver = false
  #heardMs = performance.now()

  hear(): void {
    this.#heardMs = performance.now()
  }

  get isGoing(): boolean {
    return !this.isOver && performance.now() - this.#heardMs < silentMsMax
  }
}

function openConsumer(cluster: Cluster, recorder: Recorder, { name }: MemberOptions, life: MemberLife): Consumer {
  const consumer = cluster.kafka(name).consumer({
    groupId,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: sessionTimeoutMs,
    heartbeatInterval: 500,
    maxWaitTimeInMs: 200,
    retry: { initialRetryTime: 100, maxRetryTime: 800, retries: 7, restartOnFailure: () => Promise.resolve(false) },
  })
  const { GROUP_JOIN, CRASH, FETCH, REBALANCING } = consumer.events
  for (const event of [GROUP_JOIN, FETCH, REBALANCING] as const) consumer.on(event, () => life.hear())
  consumer.on(GROUP_JOIN, () => {
    if (!life.isOver) recorder.note({ kind: 'reassigned', process: name })
  })
  consumer.on(CRASH, ({ payload }) => {
    if (!life.isOver) recorder.failed(name, payload.error)
    life.isOver = true
  })
  return consumer
}

function readBatch(recorder: Recorder, name: string, life: MemberLife, { batch }: EachBatchPayload): Promise<void> {
  // Not read, and so not to be committed.
  if (life.isOver) return Promise.reject(new Error('The member is given up on'))
  const { topic, partition, messages } = batch
  const records = messages.map(({ offset, value }) => ({
    partition: `${topic}/${partition}`,
    offset: Number(offset),
    value: String(value),
  }))
  recorder.polled(name, records)
  return Promise.resolve()
}

/**
 * Without what members have read of failed work. kafkajs 2.2.4 takes up one aborted transaction per record that it sees, and
 * so lets through the first records of a fetch that begins where several are open; other readers look for such reads.
 */
export function withoutFalseReads(entries: readonly Entry[], members: readonly string[]): Entry[] {
  const failed = new Set<string>()
  for (const { outcome, sends } of works({ entries, final: [] })) {
    if (outcome === 'failed') for (const { partition, value } of sends) failed.add(`${partition} ${value}`)
  }
  return entries.map((entry) => {
    if (entry.kind !== 'poll' || !members.includes(entry.process)) return entry
    return { ...entry, records: entry.records.filter(({ partition, value }) => !failed.has(`${partition} ${value}`)) }
  })
}

/** At least once: whatever was committed, some member of the group has read. */
export const groupReadsAll = (members: readonly string[]): LogCheck =>
  function* ({ entries, final }) {
    const read = new Set<string>()
    for (const entry of entries) {
      if (entry.kind !== 'poll' || !members.includes(entry.process)) continue
      for (const { partition, value } of entry.records) read.add(`${partition} ${value}`)
    }
    for (const { partition, offset, value } of final) {
      if (!read.has(`${partition} ${value}`)) yield `${value} at ${partition}@${offset} was read by no member`
    }
  }
