import type { Usage } from '../../api/streams-port.ts'

/** Bytes a second at a time. */
export interface UsagePoint {
  readonly atMs: number
  readonly produce: number
  readonly fetch: number
}

/** Five minutes at one every two seconds. */
export const pointsMax = 150

/** The history with what came last, from the oldest on. What was told already isn't told again. */
export function withUsage(history: readonly UsagePoint[], { rates }: Usage, atMs: number): readonly UsagePoint[] {
  if ((history.at(-1)?.atMs ?? -Infinity) >= atMs) return history
  const point = {
    atMs,
    produce: rates.produceBytesPerSecond.perSecond,
    fetch: rates.fetchBytesPerSecond.perSecond,
  }
  return [...history.slice(1 - pointsMax), point]
}

const spanMsMin = 60_000

/** How much time a curve shows: all there is, and never so little that it says nothing. */
export const spanMsOf = (points: readonly { readonly atMs: number }[]): number =>
  Math.max(spanMsMin, (points.at(-1)?.atMs ?? 0) - (points[0]?.atMs ?? 0))

/**
 * The outline of a curve in a box of 100 by 100, as the points of a polyline: the newest at the right edge, each second of
 * `spanMs` as wide as the others, whether or not it has a point.
 * @param top what stands at the upper edge
 */
export function outlineOf(
  points: readonly { readonly atMs: number; readonly value: number }[],
  { spanMs, top }: { readonly spanMs: number; readonly top: number },
): string {
  const endMs = points.at(-1)?.atMs ?? 0
  return points
    .map(({ atMs, value }) => {
      const x = 100 - (100 * (endMs - atMs)) / spanMs
      const y = 100 - (top <= 0 ? 0 : Math.min(100, (100 * value) / top))
      return `${round(x)},${round(y)}`
    })
    .join(' ')
}

const round = (value: number): number => Math.round(value * 100) / 100
