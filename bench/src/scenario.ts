import type { Measure } from './result.ts'

export interface ScenarioOptions {
  /** How often each measure is taken; the median counts. */
  readonly runs: number
  /** At a hundredth of the size: for tests. */
  readonly small: boolean
  readonly progress: (line: string) => void
}

export type Scenario = (options: ScenarioOptions) => Promise<Measure[]>
