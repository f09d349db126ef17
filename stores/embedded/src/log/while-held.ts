import { KoineError } from '@koine/base'
import type { LogState, PartitionState } from './log-state.ts'

/**
 * Looks into a partition's segments, again when some of them went or moved on the way.
 * @returns undefined when the partition's topic was deleted meanwhile, and its segments perhaps with it
 * @throws KoineError `unavailable` when they can't be read
 */
export async function whileHeld<T>(
  state: LogState,
  { number }: PartitionState,
  look: () => Promise<T>,
): Promise<T | undefined> {
  const { known } = state
  for (;;) {
    const { sealed } = state
    const startOffset = known.startOffset(number)
    try {
      return await look()
    } catch (cause) {
      if (!known.isLive(number)) return undefined
      // A segment that it looked into on the way may have gone, or been replaced.
      if (sealed !== state.sealed) continue
      // So may the records.
      if (startOffset !== known.startOffset(number)) continue
      if (cause instanceof KoineError) throw cause
      throw new KoineError('unavailable', 'The log could not be read.', { cause })
    }
  }
}
