import type { RecordBytes } from '../../api/streams-port.ts'
import { prettyJson } from './pretty-json.ts'

/** How the reader wants keys and values shown. */
export type Format = 'json' | 'text' | 'hex'

/** What is shown in the end: JSON that isn't falls back to text, and text that isn't to hex. */
export interface Decoded {
  readonly format: Format
  readonly text: string
}

// oxlint-disable-next-line no-control-regex -- it is what it looks for
const controlCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/

/** More than this isn't shown as hex: so many bytes are 4,096 lines. */
const hexBytesMax = 32 * 1024

export function decode(bytes: RecordBytes, wanted: Format): Decoded {
  if (wanted === 'hex') return { format: 'hex', text: hexDump(bytesOf(bytes).subarray(0, hexBytesMax)) }
  if (wanted === 'text') return { format: 'text', text: textOf(bytes) }
  const json = bytes.encoding === 'utf8' ? prettyJson(bytes.data) : undefined
  if (json !== undefined) return { format: 'json', text: json }
  return decode(bytes, isText(bytes) ? 'text' : 'hex')
}

const previewCharacters = 240
const previewBytes = 48

/** One line that says what the bytes are. */
export function preview(bytes: RecordBytes, wanted: Format): string {
  if (wanted === 'hex' || (wanted === 'json' && !isText(bytes))) return hexOf(bytesOf(bytes).subarray(0, previewBytes))
  return textOf(bytes).slice(0, previewCharacters).replace(/\s+/g, ' ')
}

/** Whether the data given holds less than there is. */
export const isCut = (bytes: RecordBytes): boolean =>
  bytes.encoding === 'utf8'
    ? bytes.data.length < bytes.bytes && bytesOf(bytes).length < bytes.bytes
    : Math.floor((bytes.data.replace(/=+$/, '').length * 3) / 4) < bytes.bytes

const isText = (bytes: RecordBytes): boolean => bytes.encoding === 'utf8' && !controlCharacter.test(bytes.data)

const textOf = (bytes: RecordBytes): string =>
  bytes.encoding === 'utf8' ? bytes.data : new TextDecoder().decode(bytesOf(bytes))

const bytesOf = ({ encoding, data }: RecordBytes): Uint8Array =>
  encoding === 'utf8'
    ? new TextEncoder().encode(data)
    : Uint8Array.from(atob(data), (character) => character.charCodeAt(0))

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')

/** So many bytes fit a line beside the list, and on a phone. */
const lineBytes = 8

/** As `hexdump -C` prints it: the offset, the bytes, and what of them is printable. */
export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += lineBytes) {
    const line = bytes.subarray(at, at + lineBytes)
    const printable = Array.from(line, (byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hexOf(line).padEnd(3 * lineBytes - 1)}  ${printable}`)
  }
  return lines.join('\n')
}
