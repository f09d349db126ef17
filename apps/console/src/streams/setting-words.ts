import { formatBytes } from './figures.ts'

const units: readonly (readonly [unit: string, ms: number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
]

/** What a setting's figure means, or undefined where the value says it itself. */
export function inWords(name: string, value: string | null): string | undefined {
  if (value === null || !/^-?\d+$/.test(value)) return undefined
  const figure = Number(value)
  if (figure === -1 && /retention|delete/.test(name)) return 'without a limit'
  // Java's largest numbers stand for never.
  if (figure >= 2 ** 53) return 'without a limit'
  if (name.endsWith('.ms')) return duration(figure)
  if (name.endsWith('.bytes') && figure >= 1024) return formatBytes(figure)
  return undefined
}

function duration(ms: number): string | undefined {
  const unit = units.find(([, length]) => ms >= length)
  if (!unit) return undefined
  const count = Math.round((10 * ms) / unit[1]) / 10
  return `${count} ${unit[0]}${count === 1 ? '' : 's'}`
}
