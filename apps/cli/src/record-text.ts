import type { RecordBytes, TopicRecord } from '@koine/sdk'

export const recordFormats = ['pretty', 'line', 'value'] as const
export type RecordFormat = (typeof recordFormats)[number]

/** A record for people: in a few lines, in one, or its value alone. Ends with a line break. */
export function textOf(record: TopicRecord, format: RecordFormat): string {
  const { partition, offset, timestamp, key, value, headers } = record
  if (format === 'value') return `${shown(value)}\n`
  const place = `${partition}:${offset}`
  if (format === 'line') return `${[place, timestamp, shown(key), oneLine(shown(value))].join('  ')}\n`
  const lines = [
    `${place}  ${timestamp}  key ${shown(key)}`,
    ...headers.map((header) => `  ${clean(header.name)}: ${oneLine(shown(header.value))}`),
    ...shown(value)
      .split('\n')
      .map((line) => `  ${line}`),
  ]
  return `${lines.join('\n')}\n\n`
}

function shown(bytes: RecordBytes | null): string {
  if (bytes === null) return '(none)'
  const text = bytes.encoding === 'utf8' ? clean(bytes.data) : `base64:${bytes.data}`
  const held = Buffer.byteLength(bytes.data, bytes.encoding)
  return held < bytes.bytes ? `${text}… (${bytes.bytes} bytes)` : text
}

// oxlint-disable-next-line no-control-regex -- it is what it looks for
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

/** What others wrote must not steer the terminal. */
const clean = (text: string): string =>
  text.replace(control, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)

const oneLine = (text: string): string => text.replaceAll('\n', '\\n')
