import { createRequire } from 'node:module'
import type { RE2JS } from 're2js'

const charactersMax = 1_024
const programSizeMax = 2_000

/**
 * What matching may cost at once, in characters of the texts times steps of the compiled expression: tenths of a second.
 * Time grows with both, so that neither bound alone keeps a client from holding up everybody.
 */
export const patternStepsMax = 50_000_000

/** A regular expression of a client's (RE2's syntax, as in Kafka), which matches whole texts in linear time. */
export interface LinearPattern {
  readonly source: string
  matches(text: string): boolean
  /** What matching so many characters may cost; see `patternStepsMax`. */
  stepsFor(characters: number): number
}

/** @returns what is wrong with the expression, in words, when it can't be used */
export function linearPattern(source: string): LinearPattern | string {
  if (source.length > charactersMax) return `it has more than ${charactersMax} characters`
  try {
    const compiled = engine().compile(source)
    const size = compiled.programSize()
    if (size > programSizeMax) return 'it is too complex'
    return { source, matches: (text) => compiled.matches(text), stepsFor: (characters) => characters * size }
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}

const require = createRequire(import.meta.url)
let loaded: typeof RE2JS | undefined

/** Loaded with the first pattern: most servers never see one, and it takes four megabytes. */
const engine = (): typeof RE2JS => (loaded ??= (require('re2js') as { RE2JS: typeof RE2JS }).RE2JS)

export const charactersOf = (texts: Iterable<string>): number => {
  let sum = 0
  for (const text of texts) sum += text.length
  return sum
}
