import type { LogHistory } from '../history.ts'

/** Says what is wrong, a line each; nothing when all is well. */
export type LogCheck = (history: LogHistory) => Iterable<string>
