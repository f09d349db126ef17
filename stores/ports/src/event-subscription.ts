import { type Clock, KoineError, sleep } from '@koine/base'
import { partitionKey } from './append-listeners.ts'
import type { EventLog, RecordHandler, RecordPage, StoredRecord } from './event-log.ts'
import type { Partition, TenantLog } from './log.ts'
import { WakeUp } from './wake-up.ts'

export interface Following {
  readonly events: EventLog
  readonly log: TenantLog
  readonly clock: Clock
  readonly group: string
  readonly handler: RecordHandler
  readonly signal: AbortSignal
}

const pageRecords = 500
/** How often a topic that isn't there yet is looked for. */
const lookAgainMs = 500

/** Follows a topic's partitions side by side until aborted; waits for the topic to be made, or made again. */
export async function followTopic(following: Following, name: string): Promise<void> {
  const { log, clock, signal } = following
  while (!signal.aborted) {
    const topic = await log.topic(name)
    if (topic) await followPartitions(following, name, topic.partitions)
    else await sleep(clock, lookAgainMs, signal).catch(() => {}) // Aborted: the loop sees it.
  }
}

/** Ends when aborted or when the topic is gone; rejects, with all partitions at rest, when a handler fails. */
async function followPartitions(following: Following, topic: string, count: number): Promise<void> {
  const committed = await following.log.committedOffsets(following.group)
  const startOf = new Map(committed.map((offset) => [partitionKey(offset), offset.offset]))
  const stop = new AbortController()
  const signal = AbortSignal.any([following.signal, stop.signal])
  const running = Array.from({ length: count }, (_, partition) => {
    const at = { topic, partition }
    return followPartition({ ...following, signal }, at, startOf.get(partitionKey(at)) ?? 0)
  })
  try {
    await Promise.all(running)
  } finally {
    stop.abort()
    await Promise.allSettled(running)
  }
}

async function followPartition(following: Following, at: Partition, start: number): Promise<void> {
  const { events, log, signal } = following
  const appended = new WakeUp()
  using _listening = log.onAppend(at, () => appended.ring())
  let offset = start
  while (!signal.aborted) {
    const page = await readPage(events, log, at, offset)
    if (!page) return
    await handlePage(following, at, page)
    const atEnd = page.nextOffset === offset
    offset = page.nextOffset
    if (atEnd) await appended.sleep(signal)
  }
}

/** Undefined when the partition is gone. An offset that is no longer held, or not any more, gives way to the oldest. */
async function readPage(
  events: EventLog,
  log: TenantLog,
  at: Partition,
  offset: number,
): Promise<RecordPage | undefined> {
  const bounds = await log.bounds(at)
  if (!bounds) return undefined
  const inside = offset >= bounds.startOffset && offset <= bounds.endOffset
  try {
    return await events.read(at, inside ? offset : bounds.startOffset, pageRecords)
  } catch (error) {
    if (error instanceof KoineError && error.code === 'not_found') return undefined
    throw error
  }
}

async function handlePage(following: Following, at: Partition, page: RecordPage): Promise<void> {
  let handled: StoredRecord | undefined
  try {
    for (const record of page.records) {
      if (following.signal.aborted) return
      await following.handler({ ...record, ...at })
      handled = record
    }
  } finally {
    if (handled) await commit(following, { ...at, offset: handled.offset + 1 })
  }
}

async function commit({ log, group }: Following, offset: Partition & { offset: number }): Promise<void> {
  try {
    await log.commitOffsets(group, [offset])
  } catch (error) {
    // The topic was deleted meanwhile: there is nothing left to resume.
    if (!(error instanceof KoineError && error.code === 'not_found')) throw error
  }
}
