import { KoineError } from '@koine/base'
import {
  lastOffsetDelta,
  maxTimestampMs,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from '@koine/protocols-kafka/record-batch'
import type { Durability } from '@koine/stores-ports'
import { frameHeaderBytes, putFrame, putFrameHeader } from './frame.ts'
import type { PartitionState } from './log-state.ts'

/** What one call puts into one partition, until it is answered. */
export interface Append {
  readonly partition: PartitionState
  /** The batches, with their offsets in. */
  readonly payload: Uint8Array
  readonly durability: Durability
  readonly baseOffset: number
  readonly endOffset: number
  readonly maxTimestampMs: number
  readonly resolve: (baseOffset: number) => void
  readonly reject: (error: unknown) => void
}

/** Puts the offsets into the batches, and tells what they span. */
export function stamp(partition: PartitionState, batches: readonly Uint8Array[]) {
  const baseOffset = partition.nextOffset
  let next = baseOffset
  let latest = -Infinity
  for (const batch of batches) {
    setBaseOffset(batch, next)
    setPartitionLeaderEpoch(batch, 0)
    const delta = lastOffsetDelta(batch)
    if (delta < 0) throw new KoineError('invalid_request', 'A record batch ends before it starts.')
    next += delta + 1
    latest = Math.max(latest, maxTimestampMs(batch))
  }
  if (!Number.isSafeInteger(next)) throw new KoineError('invalid_request', 'The partition has no more offsets.')
  partition.nextOffset = next
  return { baseOffset, endOffset: next, maxTimestampMs: latest }
}

/** How many of those that wait a group holds: within its bytes, and at least one. */
export function groupOf(waiting: readonly Append[], groupBytes: number): number {
  let count = 0
  let bytes = 0
  for (const { payload } of waiting) {
    bytes += payload.length
    if (count > 0 && bytes > groupBytes) break
    count++
  }
  return count
}

/** Payloads below this are copied beside their headers: fewer chunks for the system call. */
const copiedBelowBytes = 4 * 1024

export interface LaidOut {
  /** The frames, to be written one after another. */
  readonly chunks: readonly Uint8Array[]
  /** Of each append, as it is to be kept. */
  readonly payloads: readonly Uint8Array[]
}

/** @param durableBytes how much of the segment is on the disk now */
export function layOut(appends: readonly Append[], durableBytes: number): LaidOut {
  const isCopied = copiedOf(appends)
  const copied = appends.reduce((sum, { payload }) => sum + (isCopied(payload) ? payload.length : 0), 0)
  const slab = Buffer.allocUnsafeSlow(copied + appends.length * frameHeaderBytes)
  const chunks: Uint8Array[] = []
  const payloads: Uint8Array[] = []
  let start = 0
  let end = 0
  for (const { partition, payload } of appends) {
    const origin = { partition: partition.number, durableBytes }
    if (isCopied(payload)) {
      end = putFrame(slab, end, origin, payload)
      payloads.push(slab.subarray(end - payload.length, end))
    } else {
      end = putFrameHeader(slab, end, origin, payload)
      payloads.push(payload)
      chunks.push(slab.subarray(start, end), payload)
      start = end
    }
  }
  if (end > start) chunks.push(slab.subarray(start, end))
  return { chunks, payloads }
}

/**
 * Which payloads are copied: small ones, and those that would keep much more memory alive, in the tail cache, than all
 * that is appended of it holds. The batches of one request, for several partitions, are parts of one buffer.
 */
function copiedOf(appends: readonly Append[]): (payload: Uint8Array) => boolean {
  const usedBytes = new Map<ArrayBufferLike, number>()
  for (const { payload } of appends) {
    if (payload.length < copiedBelowBytes) continue
    usedBytes.set(payload.buffer, (usedBytes.get(payload.buffer) ?? 0) + payload.length)
  }
  return ({ length, buffer }) => length < copiedBelowBytes || buffer.byteLength > 2 * usedBytes.get(buffer)!
}
