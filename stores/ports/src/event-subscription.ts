import { type Clock, KoineError, sleep } from '@koine/base'
import type { EventLog, RecordPage, SubscribedRecord } from './event-log.ts'
import type { Partition, TenantLog, Topic } from './log.ts'
import { WakeUp } from './wake-up.ts'

/** How far somebody has handled a topic's partitions. */
export interface Progress {
  /** By partition; from the oldest record on where it doesn't say. */
  of(topic: Topic): Promise<ReadonlyMap<number, number>>
  /** That everything before `offset` is handled. */
  save(topic: Topic, partition: number, offset: number): Promise<void>
}

/** The committed offsets of a consumer group. */
export const progressOfGroup = (log: TenantLog, group: string): Progress => ({
  async of({ name }) {
    const committed = await log.committedOffsets(group)
    return new Map(committed.filter(({ topic }) => topic === name).map(({ partition, offset }) => [partition, offset]))
  },
  save: ({ name }, partition, offset) => log.commitOffsets(group, [{ topic: name, partition, offset }]),
})

export interface Following {
  readonly events: EventLog
  readonly log: TenantLog
  readonly clock: Clock
  readonly progress: Progress
  /** Handles a partition's next records, some or all, and says how far it is. */
  readonly handle: (
    records: readonly SubscribedRecord[],
    to: { readonly handled: (record: SubscribedRecord) => void; readonly signal: AbortSignal },
  ) => Promise<void>
  readonly signal: AbortSignal
}

/** A topic by its id: another one may have its name, and its offsets, at any time. */
interface FollowingTopic extends Following {
  readonly topic: Topic
  readonly isThere: () => Promise<boolean>
  /** Whether it has partitions that are not followed yet. */
  readonly hasGrown: () => Promise<boolean>
}

const pageRecords = 500
/** How often a topic that isn't there yet is looked for. */
const lookAgainMs = 500

/** Follows a topic's partitions side by side until aborted; waits for the topic to be made, or made again. */
export async function followTopic(following: Following, name: string): Promise<void> {
  const { log, clock, signal } = following
  while (!signal.aborted) {
    const topic = await log.topic(name)
    if (topic) await followPartitions(following, topic)
    else await sleep(clock, lookAgainMs, signal).catch(() => {}) // Aborted: the loop sees it.
  }
}

/**
 * Ends when aborted, and when the topic is gone or has more partitions; rejects, with all partitions at rest, when a handler
 * fails.
 */
async function followPartitions(following: Following, topic: Topic): Promise<void> {
  const { name, id, partitions } = topic
  const isThere = async (): Promise<boolean> => (await following.log.topic(name))?.id === id
  const hasGrown = async (): Promise<boolean> => ((await following.log.topic(name))?.partitions ?? 0) > partitions
  const startOf = await following.progress.of(topic)
  const stop = new AbortController()
  const signal = AbortSignal.any([following.signal, stop.signal])
  const running = Array.from({ length: partitions }, (_, partition) => {
    const at = { topic: name, partition }
    return followPartition({ ...following, topic, signal, isThere, hasGrown }, at, startOf.get(partition) ?? 0)
  })
  try {
    await Promise.all(running)
  } finally {
    stop.abort()
    await Promise.allSettled(running)
  }
}

async function followPartition(following: FollowingTopic, at: Partition, start: number): Promise<void> {
  const { log, signal } = following
  const appended = new WakeUp()
  using _listening = log.onAppend(at, () => appended.ring())
  let offset = start
  while (!signal.aborted && !(await following.hasGrown())) {
    const page = await readPage(following, at, offset)
    if (!page) return
    await handlePage(following, at, page)
    const atEnd = page.nextOffset === offset
    offset = page.nextOffset
    if (atEnd) await appended.sleep(signal)
  }
}

/** Undefined when the topic is gone. An offset that is no longer held, or not any more, gives way to the oldest. */
async function readPage(
  { events, log, isThere }: FollowingTopic,
  at: Partition,
  offset: number,
): Promise<RecordPage | undefined> {
  try {
    const bounds = await log.bounds(at)
    if (!bounds) return undefined
    const inside = offset >= bounds.startOffset && offset <= bounds.endOffset
    const page = await events.read(at, inside ? offset : bounds.startOffset, pageRecords)
    // Asked behind the read: then it was of this topic and not of the next one.
    return (await isThere()) ? page : undefined
  } catch (error) {
    if (await isThere()) throw error
    return undefined
  }
}

async function handlePage(following: FollowingTopic, at: Partition, page: RecordPage): Promise<void> {
  if (page.records.length === 0) return
  let last: SubscribedRecord | undefined
  try {
    const records = page.records.map((record) => ({ ...record, ...at }))
    await following.handle(records, { handled: (record) => (last = record), signal: following.signal })
  } finally {
    if (last) await save(following, at.partition, last.offset + 1)
  }
}

async function save({ progress, topic, isThere }: FollowingTopic, partition: number, offset: number): Promise<void> {
  if (!(await isThere())) return
  try {
    await progress.save(topic, partition, offset)
  } catch (error) {
    // The topic was deleted meanwhile: there is nothing left to resume.
    if (!(error instanceof KoineError && error.code === 'not_found')) throw error
  }
}
