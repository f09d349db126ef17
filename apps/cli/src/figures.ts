const whole = new Intl.NumberFormat('en')

export const formatCount = (count: number): string => whole.format(count)

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** In powers of 1,024. */
export function formatBytes(bytes: number): string {
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10))
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`
}
