import type { Measure } from '../result.ts'
import type { Versus } from './versus.ts'

/** Measures that are taken together, from the same runs. */
export interface Group {
  readonly ids: readonly string[]
  take(versus: Versus): Promise<readonly Measure[]>
}
