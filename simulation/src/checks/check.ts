import type { Evidence } from '../evidence.ts'

/** Says what is wrong, a line each; nothing when all is well. */
export type Check = (evidence: Evidence) => Iterable<string>
