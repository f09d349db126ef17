import { type Randomness, wholeNumber } from '@koine/base'
import { type Behaviour, drawn, type Placement, type Population, type Range, shuffled, zipf } from './population.ts'

/** What a topic gets unless somebody says otherwise, in Confluent's cloud. */
const partitionsPerTopic = 6
/**
 * How uneven a tenant's partitions are: none where producers go round or stick to a partition per batch, as clients do for
 * records without a key, and some where keys are hashed.
 */
const skew: Range = [0, 0.7]

/** Topics' partitions on nodes as Kafka places them: each topic begins at some node and goes round. */
const placed =
  (topics: Range) =>
  (randomness: Randomness, nodes: number): Placement => {
    const count = Math.round(drawn(randomness, topics))
    const leaders = Array.from({ length: count }, () => {
      const first = wholeNumber(randomness, nodes)
      return Array.from({ length: partitionsPerTopic }, (_, index) => (first + index) % nodes)
    }).flat()
    const byRank = zipf(leaders.length, drawn(randomness, skew))
    const used = [...new Set(leaders)]
    return {
      nodes: used,
      weights: (chance) => {
        const ranks = shuffled(chance, leaders.length)
        return used.map((node) =>
          leaders.reduce((sum, leader, index) => sum + (leader === node ? byRank[ranks[index]!]! : 0), 0),
        )
      },
    }
  }

/** Seconds of backlog, a nightly job, a retry of everything: rare, and short against what lies between. */
const bursts = (factor: Range) => ({ factor, pauseChance: 0, lengthMs: [300, 6_000], gapMs: [10_000, 90_000] }) as const

const small: Behaviour['place'] = placed([1, 8])
/** What needs much throughput needs many partitions: a partition takes some ten megabytes a second. */
const large: Behaviour['place'] = placed([16, 60])

/**
 * What a cell of a cloud looks like: the quota is the plan's ceiling, the same for its largest customer and its smallest, so
 * that nearly all use next to nothing of it and a few much. Kora's paper publishes the outcome over its tenants in production
 * and not their load; what is free here (how many burst, and how far) is set so that an even split comes out near what it
 * says, 99 %. It is a guess that is calibrated in one point. Decision 8 gives the reason for each number.
 */
export const koraLike: Population = {
  name: 'kora-like',
  stayMs: [120_000, 600_000],
  behaviours: [
    { name: 'idle', percent: 84, mean: [0.000_01, 0.005], drift: 0.1, bursts: undefined, place: small },
    { name: 'steady', percent: 10, mean: [0.005, 0.05], drift: 0.1, bursts: undefined, place: small },
    { name: 'bursting', percent: 3, mean: [0.001, 0.02], drift: 0.1, bursts: bursts([5, 50]), place: small },
    { name: 'large', percent: 2, mean: [0.05, 0.6], drift: 0.1, bursts: undefined, place: large },
    { name: 'near-quota', percent: 0.4, mean: [0.6, 0.85], drift: 0.05, bursts: undefined, place: large },
    { name: 'over-quota', percent: 0.4, mean: [1.05, 4], drift: 0.1, bursts: undefined, place: large },
    { name: 'flooding', percent: 0.2, mean: [5, 12], drift: 0.1, bursts: undefined, place: large },
  ],
}
