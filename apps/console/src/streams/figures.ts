import type { PartitionBounds } from '../api/streams-port.ts'

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 })

export const formatCount = (count: number): string => whole.format(count)

const short = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 })

/** For narrow places: 12.3K. */
export const formatShort = (count: number): string => (count < 10_000 ? whole.format(count) : short.format(count))

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** In powers of 1,024 with three digits: 1.46 MiB. */
export function formatBytes(bytes: number): string {
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10))
  const scaled = bytes / 1024 ** power
  const digits = power === 0 || scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2
  return `${scaled.toFixed(digits)} ${units[power]}`
}

/** How many offsets lie between start and end: the records, unless compaction or transactions left gaps. */
export const recordsOf = (bounds: readonly PartitionBounds[]): number =>
  bounds.reduce((sum, { startOffset, endOffset }) => sum + endOffset - startOffset, 0)

export const bytesOf = (bounds: readonly PartitionBounds[]): number => bounds.reduce((sum, { bytes }) => sum + bytes, 0)

const day = new Intl.DateTimeFormat(undefined, { day: '2-digit', month: 'short', year: 'numeric' })

export const formatDay = (iso: string): string => day.format(new Date(iso))

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })
const steps: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number])[] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

/** "3 hours ago"; less than a minute is "just now". */
export function formatAgo(iso: string, nowMs: number): string {
  const seconds = (Date.parse(iso) - nowMs) / 1000
  const step = steps.find(([, length]) => Math.abs(seconds) >= length)
  return step ? relative.format(Math.trunc(seconds / step[1]), step[0]) : 'just now'
}
