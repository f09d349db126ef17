import { isUtf8 } from 'node:buffer'
import type { RecordBytes, TopicRecord as ContractRecord } from '@koine/contract'
import type { TopicRecord } from '@koine/services-streams'

const bytesShown = 256 * 1024

export const asContractRecord = ({
  partition,
  offset,
  timestampMs,
  key,
  value,
  headers,
}: TopicRecord): ContractRecord => ({
  partition,
  offset,
  timestamp: timeOf(timestampMs),
  key: shown(key),
  value: shown(value),
  headers: headers.map((header) => ({ name: header.name, value: shown(header.value) })),
})

/** As text where it is text; a cut never falls within a character. */
function shown(bytes: Uint8Array | null): RecordBytes | null {
  if (bytes === null) return null
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (!isUtf8(whole)) return { encoding: 'base64', data: whole.toString('base64', 0, bytesShown), bytes: whole.length }
  let end = Math.min(whole.length, bytesShown)
  while (end < whole.length && (whole[end]! & 0xc0) === 0x80) end--
  return { encoding: 'utf8', data: whole.toString('utf8', 0, end), bytes: whole.length }
}

/** Producers may give any number as a time; beyond what a date can be, the nearest that is one. */
const timeOf = (timestampMs: number): string =>
  new Date(Math.min(Math.max(timestampMs, -62_167_219_200_000), 253_402_300_799_999)).toISOString()
