import { RE2JS } from 're2js'

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
    const compiled = RE2JS.compile(source)
    const size = compiled.programSize()
    if (size > programSizeMax) return 'it is too complex'
    return { source, matches: (text) => compiled.matches(text), stepsFor: (characters) => characters * size }
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}

export const charactersOf = (texts: Iterable<string>): number => {
  let sum = 0
  for (const text of texts) sum += text.length
  return sum
}
