import type { Partition, TenantScope, Topic } from '@koine/stores-ports'
import { numberSettingOf } from '../topics/topic-settings.ts'
import type { CleanedRecords } from './cleaned-records.ts'

/**
 * Gives up the oldest batches of a partition: those that are too old, and those beyond the bytes that it keeps. Never any
 * that a transaction still hangs on. @returns whether there were any
 */
export async function retainPartition(
  { scope, topic, at }: { scope: TenantScope; topic: Topic; at: Partition },
  { records, nowMs }: { records: CleanedRecords; nowMs: number },
): Promise<boolean> {
  const bounds = await scope.log.bounds(at)
  if (!bounds || bounds.startOffset === bounds.endOffset) return false
  const end = bounds.endOffset
  const oldTo = await endOfOld(scope, at, { keptMs: numberSettingOf(topic, 'retention.ms'), nowMs, end })
  const excessTo = await endOfExcess(scope, at, numberSettingOf(topic, 'retention.bytes'))
  const wanted = Math.max(oldTo, excessTo)
  if (wanted <= bounds.startOffset) return false
  const before = Math.min(wanted, (await records.checkpoint(scope, at)) ?? 0)
  if (before <= bounds.startOffset) return false
  return (await scope.log.deleteRecords(at, before)).ok
}

async function endOfOld(
  scope: TenantScope,
  at: Partition,
  { keptMs, nowMs, end }: { keptMs: number; nowMs: number; end: number },
): Promise<number> {
  if (keptMs < 0) return 0
  const young = await scope.log.findTimestamp(at, Math.max(0, nowMs - keptMs))
  return young ? young.offset : end
}

async function endOfExcess(scope: TenantScope, at: Partition, bytes: number): Promise<number> {
  if (bytes < 0) return 0
  return (await scope.log.findSize(at, bytes)) ?? 0
}
