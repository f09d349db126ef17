const longestMs = 24 * 3600 * 1000

/** When an answer wishes the next try, in milliseconds from now: `Retry-After` as seconds or as a date. At most a day. */
export function retryAfterMs(headers: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  const text = headers['retry-after']?.trim()
  if (!text) return undefined
  const waitMs = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs
  return Number.isNaN(waitMs) ? undefined : Math.min(longestMs, Math.max(0, waitMs))
}
