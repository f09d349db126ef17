/**
 * Where a test or a simulation reaches into a memory adapter. `before` runs ahead of an operation's effect and `after`
 * between the effect and the answer; either may wait (a slow engine) or throw (`before`: it did not happen; `after`: it
 * happened and the caller doesn't know).
 */
export interface Faults {
  before(operation: string): void | Promise<void>
  after(operation: string): void | Promise<void>
}

export const noFaults: Faults = { before: () => {}, after: () => {} }
