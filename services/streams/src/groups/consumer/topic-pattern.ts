import { RE2JS } from 're2js'

const charactersMax = 1_024
/** Steps of the compiled pattern: with a topic's name, what one match may cost. */
const programSizeMax = 2_000

/** Topic names by a regular expression, matched whole and in linear time (RE2's syntax, as in Kafka). */
export interface TopicPattern {
  readonly source: string
  matches(topic: string): boolean
}

/** @returns what is wrong with the expression, in words, when it can't be used */
export function topicPattern(source: string): TopicPattern | string {
  if (source.length > charactersMax) return `it has more than ${charactersMax} characters`
  try {
    const compiled = RE2JS.compile(source)
    if (compiled.programSize() > programSizeMax) return 'it is too complex'
    return { source, matches: (topic) => compiled.matches(topic) }
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}
