import type { Engine } from './engine.ts'
import { indexOf } from './index-store.ts'
import type { LogState } from './log-state.ts'
import type { Segment } from './segment.ts'
import type { PartitionReach } from './segment-index.ts'

/**
 * Where in `sealed` the first segment stands at whose end the partition has reached what is looked for; its length when
 * none has. What a partition reaches never goes back from one segment to the next.
 */
export async function firstReaching(
  engine: Engine,
  state: LogState,
  sealed: readonly Segment[],
  { partition, reaches }: { readonly partition: number; readonly reaches: (reach: PartitionReach) => boolean },
): Promise<number> {
  let low = 0
  let high = sealed.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const reach = (await indexOf(engine, state, sealed[middle]!)).reached(partition)
    if (reach && reaches(reach)) high = middle
    else low = middle + 1
  }
  return low
}
