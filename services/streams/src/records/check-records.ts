import {
  checkRecordBatch,
  CorruptRecordBatch,
  decodeRecordBatch,
  type DecodedRecord,
  type RecordBatchHeader,
  setLogAppendTime,
  splitRecordBatches,
} from '@koine/protocols-kafka/record-batch'
import type { Durability, Topic } from '@koine/stores-ports'
import type { StreamsLimits } from '../limits.ts'
import { durabilityOf, numberSettingOf, settingOf } from '../topics/topic-settings.ts'
import { type Refused, refused } from './produce-outcome.ts'

const noTimestamp = -1
/** What the records of a compacted topic may unpack to. */
const unpackedBytesMax = 64 * 1024 * 1024
const faultyRecordsNamed = 100

/** A batch that the topic takes. */
export interface CheckedBatch {
  readonly ok: true
  readonly records: Uint8Array
  readonly header: RecordBatchHeader
  /** The time that its records got here; absent when they keep their own. */
  readonly appendTimeMs?: number
  readonly durability: Durability
}

export interface CheckContext {
  readonly topic: Topic
  readonly limits: StreamsLimits
  readonly nowMs: number
}

export type CheckedRecords = CheckedBatch | { readonly ok: false; readonly refusal: Refused }

/** Whether the bytes are exactly one record batch that the topic takes. */
export function checkRecords(records: Uint8Array, context: CheckContext): CheckedRecords {
  const { topic, limits, nowMs } = context
  const split = splitRecordBatches(records)
  if (!split.ok) return no(refused(split.problem, `The record batch is not valid (${split.problem}).`))
  const [batch] = split.batches
  if (!batch || split.batches.length > 1) {
    return no(refused('batch-count', 'A produce request carries exactly one record batch for a partition.'))
  }
  const rules = rulesOf(topic)
  const checked = checkRecordBatch(batch, { bytesMax: Math.min(rules.bytesMax, limits.batchBytesMax) })
  if (!checked.ok) return no(refused(checked.problem, `The record batch is not valid (${checked.problem}).`))
  const { header } = checked
  const keyless = rules.isCompacted ? keyProblem(batch) : undefined
  if (keyless) return no(keyless)
  const { durability } = rules
  if (rules.isTimedByLog) return { ...withAppendTime(batch, header, nowMs), durability }
  const untimely = timestampProblem(batch, header, { rules, nowMs })
  return untimely ? no(untimely) : { ok: true, records: batch, header, durability }
}

/** A topic's settings as far as they are about its batches. */
interface BatchRules {
  readonly bytesMax: number
  readonly isCompacted: boolean
  readonly isTimedByLog: boolean
  readonly aheadMsMax: number
  readonly behindMsMax: number
  readonly durability: Durability
}

/** Settings are texts; they are read once for each description of a topic. */
const rulesByTopic = new WeakMap<Topic, BatchRules>()

function rulesOf(topic: Topic): BatchRules {
  let rules = rulesByTopic.get(topic)
  if (rules) return rules
  rules = {
    bytesMax: numberSettingOf(topic, 'max.message.bytes'),
    isCompacted: settingOf(topic, 'cleanup.policy').includes('compact'),
    isTimedByLog: settingOf(topic, 'message.timestamp.type') === 'LogAppendTime',
    aheadMsMax: numberSettingOf(topic, 'message.timestamp.after.max.ms'),
    behindMsMax: numberSettingOf(topic, 'message.timestamp.before.max.ms'),
    durability: durabilityOf(topic),
  }
  rulesByTopic.set(topic, rules)
  return rules
}

const no = (refusal: Refused): CheckedRecords => ({ ok: false, refusal })

function withAppendTime(batch: Uint8Array, header: RecordBatchHeader, nowMs: number): Omit<CheckedBatch, 'durability'> {
  setLogAppendTime(batch, nowMs)
  return { ok: true, records: batch, header: { ...header, maxTimestampMs: nowMs }, appendTimeMs: nowMs }
}

/** Compaction keeps the newest record of each key; one without a key could never go. */
function keyProblem(batch: Uint8Array): Refused | undefined {
  const decoded = recordsOf(batch)
  if (!decoded.ok) return decoded.refusal
  const records = positions(decoded.records, ({ key }) => key === null)
  if (records.length === 0) return undefined
  return { ...refused('no-key', 'A compacted topic takes no records without a key.'), records }
}

/**
 * How far a record's time may be from now. All of a batch are held to the latest of its times, which its header tells; the
 * earliest is looked for only where it matters and the records can be read without unpacking them.
 */
function timestampProblem(
  batch: Uint8Array,
  header: RecordBatchHeader,
  { rules, nowMs }: { readonly rules: BatchRules; readonly nowMs: number },
): Refused | undefined {
  if (header.maxTimestampMs > nowMs + rules.aheadMsMax) return invalidTime([])
  const earliestMs = nowMs - rules.behindMsMax
  const isEarly = (timestampMs: number): boolean => timestampMs !== noTimestamp && timestampMs < earliestMs
  if (isEarly(header.maxTimestampMs)) return invalidTime([])
  if (earliestMs < 0 || header.codec !== 'none') return undefined
  const decoded = recordsOf(batch)
  if (!decoded.ok) return decoded.refusal
  const early = positions(decoded.records, ({ timestampMs }) => isEarly(timestampMs))
  return early.length > 0 ? invalidTime(early) : undefined
}

const invalidTime = (records: readonly number[]): Refused => ({
  ...refused('invalid-timestamp', 'The time of a record is out of the range that the topic takes.'),
  ...(records.length > 0 && { records }),
})

function positions(records: readonly DecodedRecord[], isAtFault: (record: DecodedRecord) => boolean): number[] {
  const found: number[] = []
  for (const [position, record] of records.entries()) {
    if (found.length < faultyRecordsNamed && isAtFault(record)) found.push(position)
  }
  return found
}

type Decoded =
  | { readonly ok: true; readonly records: readonly DecodedRecord[] }
  | Extract<CheckedRecords, { ok: false }>

function recordsOf(batch: Uint8Array): Decoded {
  try {
    return { ok: true, records: decodeRecordBatch(batch, { recordsBytesMax: unpackedBytesMax }).records }
  } catch (thrown) {
    if (!(thrown instanceof CorruptRecordBatch)) throw thrown
    return { ok: false, refusal: refused(thrown.problem, thrown.message) }
  }
}
