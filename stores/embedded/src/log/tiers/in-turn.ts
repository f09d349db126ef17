import type { Engine } from '../engine.ts'
import type { LogState } from '../log-state.ts'
import type { Segment } from '../segment.ts'

/**
 * Runs `change` on what stands in a segment's place by then, while nobody else changes which segments there are.
 * @returns undefined when nothing does any more
 */
export function inTurn<T>(
  { tier }: Engine,
  state: LogState,
  { sequence }: Segment,
  change: (segment: Segment) => Promise<T>,
): Promise<T | undefined> {
  const run = async (): Promise<T | undefined> => {
    const current = state.sealed.find((each) => each.sequence === sequence)
    return current && change(current)
  }
  return tier ? tier.turns.take(run) : run()
}
