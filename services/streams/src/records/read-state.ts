import { readEndMarker, readRecordBatchHeader } from '@koine/protocols-kafka/record-batch'
import type { Partition, TenantLog } from '@koine/stores-ports'
import type { PartitionState } from './partition-state.ts'

const pageBytes = 1024 * 1024

export interface Reading {
  readonly log: TenantLog
  readonly at: Partition
  readonly nowMs: number
  /** Called between pages, when the state is whole. */
  readonly afterPage: () => Promise<void>
}

/**
 * Applies what the log holds behind the state, to its end, however much that is: only batches' headers are looked into.
 * Nothing is appended meanwhile by the caller's will; what others append may be left for the next time.
 * @returns false when the log ends before what the state has heard of: then the state is of another log
 */
export async function readOn(state: PartitionState, { log, at, nowMs, afterPage }: Reading): Promise<boolean> {
  const bounds = await log.bounds(at)
  if (!bounds) return true // The topic is gone, and the state goes with it.
  if (bounds.endOffset < state.appliedTo) return false
  if (bounds.startOffset > state.appliedTo) state.skipLost(bounds.startOffset)
  while (state.appliedTo < bounds.endOffset) {
    const page = await log.read(at, { offset: state.appliedTo, bytesMax: pageBytes })
    if (!page.ok) {
      if (page.reason === 'no-such-partition') return true
      if (page.startOffset <= state.appliedTo) return false
      state.skipLost(page.startOffset)
      continue
    }
    const before = state.appliedTo
    for (const batch of page.batches) apply(state, batch, nowMs)
    // Compaction may have left nothing up to the end.
    if (state.appliedTo === before) state.skipTo(bounds.endOffset)
    await afterPage()
  }
  return true
}

function apply(state: PartitionState, batch: Uint8Array, nowMs: number): void {
  const header = readRecordBatchHeader(batch)
  if (header.baseOffset + header.lastOffsetDelta < state.appliedTo) return
  const marker = header.isControl ? readEndMarker(batch) : undefined
  state.apply(header, { baseOffset: header.baseOffset, nowMs, marker })
}
