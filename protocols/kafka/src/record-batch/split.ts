import { recordBatchBytes, recordBatchHeaderBytes, recordBatchPrefixBytes } from './header.ts'
import type { RecordBatchProblem } from './problem.ts'

export type SplitResult =
  | { readonly ok: true; readonly batches: readonly Uint8Array[] }
  | { readonly ok: false; readonly problem: RecordBatchProblem }

/**
 * Cuts bytes into the record batches that stand in them one after another, as views. Only lengths are looked at; see
 * `checkRecordBatch`. Bytes that end within a batch are `truncated`: a fetch response may end so, a produce request not.
 */
export function splitRecordBatches(bytes: Uint8Array): SplitResult {
  const batches: Uint8Array[] = []
  let at = 0
  while (at < bytes.length) {
    if (bytes.length - at < recordBatchPrefixBytes) return { ok: false, problem: 'truncated' }
    const length = recordBatchBytes(bytes, at)
    if (length < recordBatchHeaderBytes) return { ok: false, problem: 'bad-length' }
    if (length > bytes.length - at) return { ok: false, problem: 'truncated' }
    batches.push(bytes.subarray(at, at + length))
    at += length
  }
  return { ok: true, batches }
}
