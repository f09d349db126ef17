import {
  decodeRecordBatch,
  type DecodedRecord,
  readEndMarker,
  readRecordBatchHeader,
} from '@koine/protocols-kafka/record-batch'
import type { AbortedTransaction } from '../records/aborted-transactions.ts'

/**
 * The records in batches of one partition, as a reader of committed ones sees them: without markers, and without those of
 * transactions that were aborted.
 * @param aborted of the range that was read
 * @throws CorruptRecordBatch
 */
export function* committedRecords(
  batches: readonly Uint8Array[],
  aborted: readonly AbortedTransaction[],
): Iterable<{ readonly records: readonly DecodedRecord[]; readonly nextOffset: number }> {
  const toCome = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)
  const open = new Set<number>()
  for (const batch of batches) {
    const header = readRecordBatchHeader(batch)
    const lastOffset = header.baseOffset + header.lastOffsetDelta
    while (toCome.length > 0 && toCome[0]!.firstOffset <= lastOffset) open.add(toCome.shift()!.producerId)
    if (header.isControl && readEndMarker(batch)?.commit === false) open.delete(header.producerId)
    const isAborted = header.isTransactional && open.has(header.producerId)
    // What nobody is to see isn't unpacked either.
    yield { records: isAborted ? [] : decodeRecordBatch(batch).records, nextOffset: lastOffset + 1 }
  }
}
