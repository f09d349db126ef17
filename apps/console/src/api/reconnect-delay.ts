const firstMs = 500
const longestMs = 15_000

/**
 * How long to wait before another attempt: doubled with each, up to a bound, and spread, so that many pages don't come
 * back at once.
 * @param attempt 0 for the first
 * @param chance a number in [0, 1)
 */
export const reconnectDelayMs = (attempt: number, chance: number): number =>
  Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 16)) * (0.5 + chance / 2)
