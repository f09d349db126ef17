import { KoineError } from '@koine/base'
import type { AbortedTransaction } from './aborted-transactions.ts'
import type { SavedState } from './partition-state.ts'
import { batchesRemembered, type ProducerState, type SentBatch } from './producer-state.ts'

/*
 * How a partition's state is kept, in version 1. Big-endian; offsets, ids and times are doubles, exact to 2^53.
 *
 * state:     version u8, appliedTo, count u32, producers
 * producer:  id, epoch i16, coordinatorEpoch i32, seenAtMs, first offset of its open transaction (-1: none), count u8, batches
 * batch:     baseSequence u32, recordCount u32, baseOffset, timestampMs
 * aborted:   version u8, then for each producerId, firstOffset, lastOffset, stableOffset
 */
const version = 1
const stateHeaderBytes = 13
const producerBytes = 31
const batchBytes = 24
const abortedBytes = 32
const noOffset = -1

/** The most producers whose state fits in one record of tables, with room for some that come on top unawares. */
export const producersKeptMax = Math.floor((350 * 1024) / (producerBytes + batchesRemembered * batchBytes))

export function encodeState({ appliedTo, producers, openTransactions }: SavedState): Uint8Array {
  const batches = producers.reduce((sum, { sent }) => sum + sent.length, 0)
  const out = new FieldWriter(stateHeaderBytes + producers.length * producerBytes + batches * batchBytes)
  out.uint8(version)
  out.double(appliedTo)
  out.uint32(producers.length)
  for (const { producerId, epoch, coordinatorEpoch, seenAtMs, sent } of producers) {
    out.double(producerId)
    out.int16(epoch)
    out.int32(coordinatorEpoch)
    out.double(seenAtMs)
    out.double(openTransactions.get(producerId) ?? noOffset)
    out.uint8(sent.length)
    for (const { baseSequence, recordCount, baseOffset, timestampMs } of sent) {
      out.uint32(baseSequence)
      out.uint32(recordCount)
      out.double(baseOffset)
      out.double(timestampMs)
    }
  }
  return out.bytes
}

/** @throws KoineError `internal` when the bytes are of another version, or no state at all */
export function decodeState(bytes: Uint8Array): SavedState {
  const fields = new FieldReader(bytes, 'state')
  const appliedTo = fields.double()
  const openTransactions = new Map<number, number>()
  const producers = Array.from({ length: fields.uint32() }, (): ProducerState => {
    const producerId = fields.double()
    const epoch = fields.int16()
    const coordinatorEpoch = fields.int32()
    const seenAtMs = fields.double()
    const firstOffset = fields.double()
    if (firstOffset !== noOffset) openTransactions.set(producerId, firstOffset)
    const sent = Array.from({ length: fields.uint8() }, (): SentBatch => {
      const [baseSequence, recordCount] = [fields.uint32(), fields.uint32()]
      return { baseSequence, recordCount, baseOffset: fields.double(), timestampMs: fields.double() }
    })
    return { producerId, epoch, coordinatorEpoch, sent, seenAtMs }
  })
  return { appliedTo, producers, openTransactions }
}

export function encodeAborted(transactions: readonly AbortedTransaction[]): Uint8Array {
  const out = new FieldWriter(1 + transactions.length * abortedBytes)
  out.uint8(version)
  for (const { producerId, firstOffset, lastOffset, stableOffset } of transactions) {
    for (const value of [producerId, firstOffset, lastOffset, stableOffset]) out.double(value)
  }
  return out.bytes
}

/** @throws KoineError `internal` when the bytes are of another version, or no aborted transactions at all */
export function decodeAborted(bytes: Uint8Array): AbortedTransaction[] {
  const fields = new FieldReader(bytes, 'aborted transactions')
  return Array.from({ length: fields.left / abortedBytes }, () => ({
    producerId: fields.double(),
    firstOffset: fields.double(),
    lastOffset: fields.double(),
    stableOffset: fields.double(),
  }))
}

class FieldWriter {
  readonly bytes: Buffer
  #at = 0

  constructor(length: number) {
    this.bytes = Buffer.alloc(length)
  }

  uint8(value: number): void {
    this.#at = this.bytes.writeUInt8(value, this.#at)
  }

  int16(value: number): void {
    this.#at = this.bytes.writeInt16BE(value, this.#at)
  }

  int32(value: number): void {
    this.#at = this.bytes.writeInt32BE(value, this.#at)
  }

  uint32(value: number): void {
    this.#at = this.bytes.writeUInt32BE(value, this.#at)
  }

  double(value: number): void {
    this.#at = this.bytes.writeDoubleBE(value, this.#at)
  }
}

class FieldReader {
  readonly #bytes: Buffer
  #at = 1

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    if (bytes[0] === version) return
    throw new KoineError(
      'internal',
      `A partition's ${what} has the format version ${bytes[0]}, which isn't known here.`,
    )
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  uint8(): number {
    return this.#bytes.readUInt8(this.#forward(1))
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#forward(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#forward(4))
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#forward(4))
  }

  double(): number {
    return this.#bytes.readDoubleBE(this.#forward(8))
  }

  #forward(bytes: number): number {
    const at = this.#at
    this.#at += bytes
    return at
  }
}
