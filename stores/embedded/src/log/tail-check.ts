import { recordBatchBytes, recordBatchHeaderBytes } from '@koine/protocols-kafka/record-batch'
import { logLimits } from '@koine/stores-ports'
import { CorruptSegment } from './corrupt-segment.ts'
import { type FrameHeader, frameHeaderBytes, isFrameIntact, readFrameHeader } from './frame.ts'
import { FileWindow } from './frame-scanner.ts'
import type { LogFile } from './log-files.ts'

export interface Tail {
  readonly path: string
  /** Where the first frame that isn't whole begins. */
  readonly goodBytes: number
  readonly fileBytes: number
  /** Of the last good frame, where that is of version 1; 0 otherwise. */
  readonly lastGroup: number
}

interface FoundFrame extends Pick<FrameHeader, 'version' | 'durableBytes' | 'group'> {
  /** Undefined when it would be behind the file's end. */
  readonly end: number | undefined
  readonly isWhole: boolean
}

/** Gives up looking for whole frames after so many that are not. */
const damagedFramesMax = 64
const sectorBytes = 512

/**
 * Tells an unfinished write from damage to what was on the disk, before the tail is cut off: a whole frame behind the
 * damaged one says how much was on the disk when it was written. Whatever was written since the last sync may be missing
 * or torn, in any order, and so may what was never synced because nobody asked for it.
 * @throws CorruptSegment
 */
export async function checkTail(file: LogFile, { path, goodBytes, fileBytes, lastGroup }: Tail): Promise<void> {
  const window = new FileWindow(file, fileBytes)
  const damaged = await frameAt(window, goodBytes)
  const groups = new CountedGroups({ damaged: damaged?.group ?? 0, lastGroup, goodBytes })
  for await (const frame of wholeFramesBehind(window, goodBytes)) {
    const wasDurable = frame.version === 1 ? groups.showDamage(frame.group) : frame.durableBytes > goodBytes
    if (wasDurable) throw new CorruptSegment(path, goodBytes, 'a frame there is damaged, and later ones are whole')
  }
}

/**
 * What frames of version 1 tell behind a damaged one: only the last group commit can be unfinished, so whole frames of a
 * later group say that the damaged one was on the disk.
 */
class CountedGroups {
  readonly #tail: { readonly damaged: number; readonly lastGroup: number; readonly goodBytes: number }
  #unfinished: number | undefined

  constructor(tail: { readonly damaged: number; readonly lastGroup: number; readonly goodBytes: number }) {
    this.#tail = tail
  }

  showDamage(group: number): boolean {
    if (group === 0) return false // Written before groups were counted: nothing can be told.
    const { damaged, lastGroup, goodBytes } = this.#tail
    this.#unfinished ??= group
    return group !== this.#unfinished || (lastGroup !== group && !mayBeOf(group, damaged, goodBytes))
  }
}

/** The whole frames behind a damaged one, in order. */
async function* wholeFramesBehind(window: FileWindow, start: number): AsyncGenerator<FoundFrame, void, undefined> {
  let position: number | undefined = start
  for (let damaged = 0; position !== undefined && damaged <= damagedFramesMax;) {
    const frame = await frameAt(window, position)
    if (!frame) return
    if (frame.isWhole) {
      yield frame
      position = frame.end
    } else {
      damaged++
      position = await behindDamaged(window, position, frame)
    }
  }
}

/**
 * Where the frame behind a damaged one begins: where the damaged one says that it ends, or where its record batches do.
 * One of the two stands unless both are damaged; a whole frame there tells which.
 */
async function behindDamaged(window: FileWindow, position: number, { end }: FoundFrame): Promise<number | undefined> {
  const endOfBatches = await behindBatches(window, position + frameHeaderBytes)
  for (const candidate of [end, endOfBatches]) {
    if (candidate !== undefined && (await frameAt(window, candidate))?.isWhole) return candidate
  }
  return endOfBatches ?? end
}

async function frameAt(window: FileWindow, position: number): Promise<FoundFrame | undefined> {
  if (position + frameHeaderBytes > window.fileBytes) return undefined
  const header: FrameHeader = readFrameHeader(...(await window.at(position, frameHeaderBytes)))
  const { payloadBytes } = header
  const end = position + frameHeaderBytes + payloadBytes
  const isTooLong = payloadBytes > logLimits.appendBytes || end > window.fileBytes
  if (isTooLong) return { ...header, end: undefined, isWhole: false }
  const [bytes, at] = await window.at(position, end - position)
  return { ...header, end, isWhole: payloadBytes > 0 && isFrameIntact(bytes, at, header) }
}

/** Where the record batches end that begin at `position`; undefined when none does. */
async function behindBatches(window: FileWindow, position: number): Promise<number | undefined> {
  let end = position
  while (end + recordBatchHeaderBytes <= window.fileBytes) {
    const [bytes, at] = await window.at(end, recordBatchHeaderBytes)
    const length = recordBatchBytes(bytes, at)
    if (magicOf(bytes, at) !== 2 || length < recordBatchHeaderBytes || end + length > window.fileBytes) break
    end += length
  }
  return end > position ? end : undefined
}

const magicOf = (batch: Uint8Array, at: number): number => batch[at + 16]!

/** Whether a frame whose header says `found` may be of `group`: its bytes, or zeroes where a sector didn't reach the disk. */
function mayBeOf(group: number, found: number, position: number): boolean {
  if (found === group || found === 0) return true
  const isSplit = (position + 11) % sectorBytes === 0
  return isSplit && (found === (group & 0xff00) || found === (group & 0x00ff))
}
