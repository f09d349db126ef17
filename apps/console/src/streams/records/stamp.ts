const stamp = new Intl.DateTimeFormat(undefined, {
  day: '2-digit',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hour12: false,
})

const whole = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' })

/** Day and time to the millisecond, as a row has room for. */
export const formatStamp = (iso: string): string => stamp.format(new Date(iso)).replace(',', '')

/** With the weekday, the year and the zone. */
export const formatWhole = (iso: string): string => whole.format(new Date(iso))
