const dayMs = 24 * 60 * 60_000

/** The local calendar day of an ISO time, as `2026-03-09`. */
export function localDay(iso: string): string {
  const date = new Date(iso)
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
}

/** "Today", "Yesterday", or the date in the reader's language; the year only when it isn't the current one. */
export function dayLabel(iso: string, now: Date, locale?: string): string {
  const day = localDay(iso)
  if (day === localDay(now.toISOString())) return 'Today'
  if (day === localDay(new Date(now.getTime() - dayMs).toISOString())) return 'Yesterday'
  const sameYear = new Date(iso).getFullYear() === now.getFullYear()
  const options: Intl.DateTimeFormatOptions = { weekday: 'long', day: 'numeric', month: 'long' }
  return new Intl.DateTimeFormat(locale, sameYear ? options : { ...options, year: 'numeric' }).format(new Date(iso))
}

const hoursAndMinutes = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })

/** Hours and minutes in the reader's language. */
export const clockTime = (iso: string): string => hoursAndMinutes.format(new Date(iso))

const pad = (value: number): string => String(value).padStart(2, '0')
