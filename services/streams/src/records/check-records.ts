import { checkRecordBatch, type RecordBatchHeader, splitRecordBatches } from '@koine/protocols-kafka/record-batch'
import type { Topic } from '@koine/stores-ports'
import type { StreamsLimits } from '../limits.ts'
import { type ProduceFailure, type ProduceOutcome, refused } from './produce-outcome.ts'

const transactionalBit = 0x10

export type CheckedRecords =
  | { readonly ok: true; readonly header: RecordBatchHeader }
  | { readonly ok: false; readonly refusal: ProduceOutcome }

/** Whether the bytes are exactly one record batch that the topic takes. */
export function checkRecords(
  records: Uint8Array,
  { topic, limits }: { topic: Topic; limits: StreamsLimits },
): CheckedRecords {
  const split = splitRecordBatches(records)
  if (!split.ok) return no(split.problem, `The record batch is not valid (${split.problem}).`)
  const [batch] = split.batches
  if (!batch || split.batches.length > 1) {
    return no('batch-count', 'A produce request carries exactly one record batch for a partition.')
  }
  const checked = checkRecordBatch(batch, { bytesMax: batchBytesMax(topic, limits) })
  if (!checked.ok) return no(checked.problem, `The record batch is not valid (${checked.problem}).`)
  if (checked.header.attributes & transactionalBit) return no('transactional', 'Transactions are not served.')
  return checked
}

const no = (reason: ProduceFailure, message: string): CheckedRecords => ({
  ok: false,
  refusal: refused(reason, message),
})

function batchBytesMax({ settings }: Topic, limits: StreamsLimits): number {
  const set = settings['max.message.bytes']
  return set === undefined ? limits.batchBytesMax : Math.min(Number(set), limits.batchBytesMax)
}
