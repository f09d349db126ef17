import { KoineError } from '@koine/base'
import {
  baseOffset,
  lastOffsetDelta,
  recordBatchBytes,
  recordBatchHeaderBytes,
  splitRecordBatches,
} from '@koine/protocols-kafka/record-batch'
import { type CommittedOffset, logLimits, type NewTopic, type ReadOptions, type Topic } from './log.ts'

/**
 * What the arguments of the log port must be, checked once for every engine before it is asked. Breaches throw a
 * KoineError: `too_large` for bytes, `invalid_request` for everything else.
 */
const topicNamePattern = /^[a-zA-Z0-9._-]{1,249}$/

const refuse = (message: string): never => {
  throw new KoineError('invalid_request', message)
}

export const isTopicName = (name: string): boolean => topicNamePattern.test(name) && name !== '.' && name !== '..'

export function checkNewTopic({ name, partitions, settings = {} }: NewTopic): void {
  if (!isTopicName(name)) {
    refuse(`A topic's name is 1 to ${logLimits.topicNameCharacters} letters, digits, dots, underscores and hyphens.`)
  }
  checkPartitionCount(partitions)
  checkSettings(settings)
}

export function checkPartitionCount(partitions: number): void {
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > logLimits.partitionsPerTopic) {
    refuse(`A topic has 1 to ${logLimits.partitionsPerTopic} partitions.`)
  }
}

export function checkSettings(settings: Topic['settings']): void {
  let bytes = 0
  for (const [name, value] of Object.entries(settings)) {
    const isText = typeof value === 'string' && value.isWellFormed() && name.isWellFormed()
    if (!isText || name === '' || name === '__proto__') refuse("A topic's settings are texts by name.")
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value)
  }
  if (bytes > logLimits.settingsBytes) {
    throw new KoineError('too_large', `A topic's settings hold at most ${logLimits.settingsBytes} bytes.`)
  }
}

/** The whole record batches that stand in `bytes`, as views; their contents are the caller's to have checked. */
export function checkAppend(bytes: Uint8Array): readonly Uint8Array[] {
  if (bytes.length > logLimits.appendBytes) {
    throw new KoineError('too_large', `One append holds at most ${logLimits.appendBytes} bytes.`)
  }
  if (bytes.length >= recordBatchHeaderBytes && recordBatchBytes(bytes) === bytes.length) return [checkBatch(bytes)]
  const split = splitRecordBatches(bytes)
  if (!split.ok) return refuse(`The bytes are not whole record batches: ${split.problem}.`)
  if (split.batches.length === 0) refuse('An append holds at least one record batch.')
  return split.batches.map(checkBatch)
}

function checkBatch(batch: Uint8Array): Uint8Array {
  if (batch.length > logLimits.batchBytes) {
    throw new KoineError('too_large', `A record batch holds at most ${logLimits.batchBytes} bytes.`)
  }
  return batch
}

export function checkRead({ offset, bytesMax }: ReadOptions): void {
  if (!Number.isSafeInteger(offset)) refuse('An offset is a whole number.')
  if (!(bytesMax >= 0)) refuse('bytesMax is not negative.')
}

/** An offset that records are deleted or rewritten before. */
export function checkBefore(before: number): void {
  if (!Number.isSafeInteger(before)) refuse('An offset is a whole number.')
}

/** What a batch becomes when it is rewritten; undefined when it goes. */
export function checkReplacement(batch: Uint8Array, replacement: Uint8Array | undefined): Uint8Array | undefined {
  if (replacement === undefined || replacement === batch) return replacement
  const isWhole = replacement.length >= recordBatchHeaderBytes && recordBatchBytes(replacement) === replacement.length
  if (!isWhole || replacement.length > batch.length) refuse('A batch is replaced by a whole one that is no larger.')
  const isInPlace =
    baseOffset(replacement) === baseOffset(batch) && lastOffsetDelta(replacement) === lastOffsetDelta(batch)
  if (!isInPlace) refuse('A batch is replaced by one that spans the same offsets.')
  return replacement
}

export function checkGroup(group: string): void {
  const bytes = Buffer.byteLength(group)
  if (bytes === 0 || bytes > logLimits.groupNameBytes) {
    refuse(`A group's name has 1 to ${logLimits.groupNameBytes} bytes.`)
  }
  if (group.includes('\u0000') || !group.isWellFormed()) refuse("A group's name is text without U+0000.")
}

export function checkCommit(group: string, offsets: readonly CommittedOffset[]): void {
  checkGroup(group)
  for (const { offset, metadata = '' } of offsets) {
    if (!Number.isSafeInteger(offset) || offset < 0) refuse('A committed offset is a whole number from 0.')
    if (Buffer.byteLength(metadata) > logLimits.offsetMetadataBytes) {
      throw new KoineError('too_large', `An offset's metadata holds at most ${logLimits.offsetMetadataBytes} bytes.`)
    }
  }
}
