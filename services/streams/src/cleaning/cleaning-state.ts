/** How far one partition has been compacted. */
export interface CleaningState {
  /** Below it, each key stands at most once, and nothing of an aborted transaction is left. */
  readonly cleanedTo: number
  /** When the tombstones and end markers below an offset were first cleaned; both grow. */
  readonly horizons: readonly Horizon[]
  /** Below it, those whose time was over are gone already. */
  readonly sweptTo: number
  /**
   * A batch from here on could not be cleaned, so that older values of a key may stand behind: tombstones from here on
   * stay for good. Undefined: there is none.
   */
  readonly stuckFrom?: number
}

export interface Horizon {
  readonly before: number
  readonly atMs: number
}

export const uncleaned: CleaningState = { cleanedTo: 0, horizons: [], sweptTo: 0 }

const horizonsMax = 16

/** The offset below which tombstones and end markers have had their time. */
export function removableBefore({ horizons, stuckFrom = Infinity }: CleaningState, overMs: number): number {
  const over = horizons.findLast(({ atMs }) => atMs <= overMs)
  return Math.min(over?.before ?? 0, stuckFrom)
}

/** What one pass came to. */
export interface Pass {
  readonly cleanedTo: number
  readonly sweptTo: number
  readonly stuckFrom: number | undefined
  /** Whether tombstones or markers are left in what was cleaned for the first time. */
  readonly keptTombstones: boolean
  readonly atMs: number
}

export function afterPass(state: CleaningState, pass: Pass): CleaningState {
  const cleanedTo = Math.max(state.cleanedTo, pass.cleanedTo)
  const sweptTo = Math.max(state.sweptTo, pass.sweptTo)
  const stuckFrom = least(state.stuckFrom, pass.stuckFrom)
  const isNew = pass.keptTombstones && cleanedTo > (state.horizons.at(-1)?.before ?? 0)
  const horizons = state.horizons.filter(({ before }) => before > sweptTo)
  return {
    cleanedTo,
    sweptTo,
    horizons: isNew ? withHorizon(horizons, { before: cleanedTo, atMs: pass.atMs }) : horizons,
    ...(stuckFrom !== undefined && { stuckFrom }),
  }
}

/** When there are too many, what the youngest stood for waits as long as the new one: longer than it must, never less. */
const withHorizon = (horizons: readonly Horizon[], horizon: Horizon): readonly Horizon[] => [
  ...horizons.slice(0, horizonsMax - 1),
  horizon,
]

/** What of the state still holds for a partition whose log starts later than it did. */
export function fromStart(state: CleaningState, startOffset: number): CleaningState {
  if (startOffset <= state.cleanedTo) return state
  const { stuckFrom: _, ...rest } = state
  return { ...rest, cleanedTo: startOffset }
}

const least = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
