import { openRecordBatch, placedRecords } from './decode.ts'
import { encodeWith } from './encode.ts'
import { attributeBits } from './header.ts'
import { int16At, int32At, putInt16, putInt32 } from './integers.ts'
import { CorruptRecordBatch } from './problem.ts'

/** How a producer's transaction ended in a partition: what stands in the log after the transaction's last record. */
export interface EndMarker {
  readonly commit: boolean
  /** Of the coordinator that ended it; -1 when it isn't told. */
  readonly coordinatorEpoch: number
}

export interface NewEndMarker extends EndMarker {
  readonly producerId: number
  readonly producerEpoch: number
  readonly timestampMs: number
}

/** Types of control records. Other than these, readers leave out. */
const types = { abort: 0, commit: 1 }
/** A version and a type. */
const keyBytes = 4
/** A version and the coordinator's epoch. */
const valueBytes = 6

/** A control batch, one record long. */
export function encodeEndMarker({ commit, coordinatorEpoch, timestampMs, ...producer }: NewEndMarker): Uint8Array {
  const key = new Uint8Array(keyBytes)
  putInt16(key, 2, commit ? types.commit : types.abort)
  const value = new Uint8Array(valueBytes)
  putInt32(value, 2, coordinatorEpoch)
  return encodeWith(attributeBits.control | attributeBits.transactional, {
    records: [{ key, value, timestampMs }],
    ...producer,
  })
}

/**
 * What a batch says of a transaction's end.
 * @returns undefined when it is no control batch, one of another type, or one whose record was cleaned away
 * @throws CorruptRecordBatch
 */
export function readEndMarker(batch: Uint8Array): EndMarker | undefined {
  const opened = openRecordBatch(batch)
  if (!opened.header.isControl) return undefined
  const [placed] = [...placedRecords(opened)]
  if (!placed) return undefined
  const { key, value } = placed.record
  if (!key || key.length < keyBytes) throw new CorruptRecordBatch('bad-records', 'a control record has no type')
  const type = int16At(key, 2)
  if (type !== types.commit && type !== types.abort) return undefined
  return {
    commit: type === types.commit,
    coordinatorEpoch: value && value.length >= valueBytes ? int32At(value, 2) : -1,
  }
}

/** What `readEndMarker` says, by the name of its type. */
export function readControlBatch(batch: Uint8Array): { readonly type: 'commit' | 'abort' } | undefined {
  const marker = readEndMarker(batch)
  return marker && { type: marker.commit ? 'commit' : 'abort' }
}
