import type { Clock } from '@koine/base'
import { readRecordBatchHeader } from '@koine/protocols-kafka/record-batch'
import type { Partition, TenantScope, Topic } from '@koine/stores-ports'
import type { StreamsLimits } from '../limits.ts'
import { numberSettingOf } from '../topics/topic-settings.ts'
import { AbortedRanges } from './aborted-ranges.ts'
import { BatchCleaner } from './batch-cleaner.ts'
import type { CleanedRecords } from './cleaned-records.ts'
import { readState, writeState } from './cleaning-records.ts'
import { afterPass, type CleaningState, fromStart, removableBefore } from './cleaning-state.ts'
import { NewestOffsets } from './newest-offsets.ts'
import { type Dirty, readDirty } from './read-dirty.ts'

export interface CompactContext {
  readonly clock: Pick<Clock, 'now'>
  readonly records: CleanedRecords
  readonly limits: Pick<StreamsLimits, 'cleaningKeysMax' | 'cleaningBytesMax'>
  readonly signal: AbortSignal
}

/** A partition of a topic, on the way of being compacted. */
export interface CompactedPartition {
  readonly scope: TenantScope
  readonly topic: Topic
  readonly at: Partition
}

/**
 * Partitions whose last pass came to nothing, with what they looked like: the log leaves its newest batches alone. By topic
 * id and partition.
 */
export type IdlePartitions = Map<string, string>

/** One pass over a partition that is due for it. @returns whether it got on */
export async function compactPartition(
  partition: CompactedPartition,
  idle: IdlePartitions,
  context: CompactContext,
): Promise<boolean> {
  const { scope, topic, at } = partition
  const bounds = await scope.log.bounds(at)
  if (!bounds) return false
  const key = { topicId: topic.id, partition: at.partition }
  const state = fromStart(await readState(scope, key), bounds.startOffset)
  const nowMs = context.clock.now()
  const removable = removableBefore(state, nowMs - numberSettingOf(topic, 'delete.retention.ms'))
  const young = await youngFrom(partition, nowMs)
  const isDirty =
    Math.min(young, bounds.endOffset) > state.cleanedTo && (await isDirtyEnough(partition, { state, nowMs }))
  if (!isDirty && removable <= state.sweptTo) return false
  const idleKey = `${topic.id}/${at.partition}`
  const stable = await context.records.checkpoint(scope, at)
  const before = Math.max(state.cleanedTo, Math.min(stable ?? 0, young, bounds.endOffset))
  const look = `${before}/${bounds.endOffset}/${removable}`
  if (stable === undefined || idle.get(idleKey) === look) return false
  const dirty = isDirty
    ? await readNew(partition, { from: state.cleanedTo, before }, context)
    : nothingNew(state.cleanedTo)
  const pass = dirty && (await rewrite(partition, { dirty, removable, state, nowMs }, context))
  if (!pass) return false
  await writeState(scope, key, pass)
  const gotOn = pass.cleanedTo > state.cleanedTo || pass.sweptTo > state.sweptTo
  if (gotOn) idle.delete(idleKey)
  else idle.set(idleKey, look)
  return gotOn
}

const nothingNew = (end: number): Dirty => ({ newest: new NewestOffsets(), aborted: new AbortedRanges(), end })

function readNew({ scope, at }: CompactedPartition, range: { from: number; before: number }, context: CompactContext) {
  const { cleaningKeysMax: keysMax, cleaningBytesMax: bytesMax } = context.limits
  return readDirty(context.records, { scope, at }, { ...range, keysMax, bytesMax, signal: context.signal })
}

/** Where records are that are too young to be touched; the end of the world when there are none. */
async function youngFrom({ scope, topic, at }: CompactedPartition, nowMs: number): Promise<number> {
  const lagMs = numberSettingOf(topic, 'min.compaction.lag.ms')
  if (lagMs === 0) return Infinity
  return (await scope.log.findTimestamp(at, nowMs - lagMs + 1))?.offset ?? Infinity
}

/** More than its part was never cleaned, or the oldest of that is too old. */
async function isDirtyEnough(
  partition: CompactedPartition,
  { state, nowMs }: { state: CleaningState; nowMs: number },
): Promise<boolean> {
  const { scope, topic, at } = partition
  const bytes = (await scope.log.size(at)) ?? 0
  const ratio = numberSettingOf(topic, 'min.cleanable.dirty.ratio')
  const from = await scope.log.findSize(at, Math.floor(bytes * ratio))
  if (from !== undefined && from > state.cleanedTo) return true
  const maxLagMs = numberSettingOf(topic, 'max.compaction.lag.ms')
  if (nowMs - maxLagMs < 0) return false
  const page = await scope.log.read(at, { offset: state.cleanedTo, bytesMax: 1 })
  const [oldest] = page.ok ? page.batches : []
  return oldest !== undefined && readRecordBatchHeader(oldest).maxTimestampMs <= nowMs - maxLagMs
}

/** Lets the log take what stays. Undefined when the partition is gone. */
async function rewrite(
  { scope, at }: CompactedPartition,
  pass: { dirty: Dirty; removable: number; state: CleaningState; nowMs: number },
  { records, signal }: CompactContext,
): Promise<CleaningState | undefined> {
  const { dirty, removable, state, nowMs } = pass
  const producers = await records.producers(scope, at)
  if (!producers || signal.aborted) return undefined
  const { newest, aborted } = dirty
  const cleaner = new BatchCleaner({ newest, aborted, removableBefore: removable, producers })
  const rewritten = await scope.log.rewrite(at, { before: dirty.end, replace: cleaner.replace })
  if (!rewritten.ok) return undefined
  return afterPass(state, {
    cleanedTo: rewritten.rewrittenTo,
    sweptTo: Math.min(removable, rewritten.rewrittenTo),
    stuckFrom: cleaner.stuckFrom,
    keptTombstones: cleaner.tombstonesLeft > 0,
    atMs: nowMs,
  })
}
