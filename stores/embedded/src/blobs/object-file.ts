import type { FileHandle } from 'node:fs/promises'
import { invariant, KoineError } from '@koine/base'

/**
 * The file of an object: the magic `KBLOB`, a version byte, the length of the description as 16 bits little endian, the
 * description as JSON, the body. Body and description are one file, so that one rename puts both in place.
 */
const magic = Buffer.from('KBLOB')
const formatVersion = 1
const fixedBytes = 8
/** A description is never longer: a content type has at most 255 characters. */
const describedBytesMax = 1024

export interface ObjectDescription {
  readonly modifiedAtMs: number
  readonly contentType?: string
}

export interface ObjectHeader extends ObjectDescription {
  readonly bodyStart: number
}

export function encodeHeader(description: ObjectDescription): Buffer {
  const json = Buffer.from(JSON.stringify(description))
  invariant(json.length <= describedBytesMax, 'The description of an object is short.')
  const header = Buffer.alloc(fixedBytes + json.length)
  magic.copy(header)
  header[5] = formatVersion
  header.writeUInt16LE(json.length, 6)
  json.copy(header, fixedBytes)
  return header
}

export async function readHeader(file: FileHandle): Promise<ObjectHeader> {
  const start = Buffer.alloc(fixedBytes + describedBytesMax)
  const { bytesRead } = await file.read(start, 0, start.length, 0)
  if (bytesRead < fixedBytes || !start.subarray(0, 5).equals(magic)) {
    throw new KoineError('unavailable', 'A file among the blobs is not an object of ours; it was changed from outside.')
  }
  if (start[5] !== formatVersion) {
    throw new KoineError('unavailable', `An object is in format ${start[5]}; this program reads ${formatVersion}.`)
  }
  const bodyStart = fixedBytes + start.readUInt16LE(6)
  const description = JSON.parse(start.toString('utf8', fixedBytes, bodyStart)) as ObjectDescription
  return { ...description, bodyStart }
}

/** Up to `length` bytes, none when it isn't positive; shorter only at the end of the file. */
export async function readBody(file: FileHandle, start: number, length: number): Promise<Uint8Array> {
  // Every byte of it is read, or cut off.
  const body = new Uint8Array(Buffer.allocUnsafeSlow(Math.max(0, length)).buffer)
  let filled = 0
  while (filled < body.length) {
    const { bytesRead } = await file.read(body, filled, body.length - filled, start + filled)
    if (bytesRead === 0) return body.slice(0, filled)
    filled += bytesRead
  }
  return body
}
