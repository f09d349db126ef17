import { charactersOf, type LinearPattern, linearPattern } from '../../linear-pattern.ts'
import type { ConsumerContext } from './consumer-context.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerHeartbeat } from './consumer-heartbeat.ts'
import type { ConsumerMember, ConsumerTerms } from './consumer-member.ts'
import { type ConsumerRefusal, refusal } from './consumer-outcomes.ts'
import { patternsMax, stepsMaxOf } from './subscribing.ts'
import type { TopicView } from './topic-view.ts'

/** The terms of a member after a heartbeat: those told, and of the others those from before. */
export function termsAfter(
  request: ConsumerHeartbeat,
  before: ConsumerTerms | undefined,
  group: ConsumerGroup,
  { limits, topics }: ConsumerContext,
): ConsumerTerms | ConsumerRefusal {
  const pattern = patternAfter(request.pattern, before?.pattern ?? null, { group, topics })
  if (pattern !== null && 'ok' in pattern) return pattern
  const { rebalanceTimeoutMsMin, rebalanceTimeoutMsMax } = limits
  const { clientId, clientHost, mayDescribe, rebalanceTimeoutMs } = request
  const timeoutMs = Math.min(Math.max(rebalanceTimeoutMs, rebalanceTimeoutMsMin), rebalanceTimeoutMsMax)
  const topicNames = request.topicNames ? [...new Set(request.topicNames)].sort() : (before?.topicNames ?? [])
  return {
    clientId,
    clientHost,
    mayDescribe,
    rackId: request.rackId ?? before?.rackId ?? null,
    rebalanceTimeoutMs: rebalanceTimeoutMs < 0 && before ? before.rebalanceTimeoutMs : timeoutMs,
    topicNames: before && areSame(before.topicNames, topicNames) ? before.topicNames : topicNames,
    pattern,
    assignor: request.assignor ?? before?.assignor ?? null,
  }
}

function patternAfter(
  source: string | null,
  before: LinearPattern | null,
  { group, topics }: { readonly group: ConsumerGroup; readonly topics: TopicView },
): LinearPattern | ConsumerRefusal | null {
  if (source === null || source === before?.source) return before
  if (source === '') return null
  const known = group.members.values().find(({ terms }) => terms.pattern?.source === source)?.terms.pattern
  if (known) return known
  const pattern = linearPattern(source)
  const problem = typeof pattern === 'string' ? pattern : costProblem(pattern, group, topics)
  if (problem !== undefined || typeof pattern === 'string') {
    return refusal('invalid-pattern', `${JSON.stringify(source.slice(0, 200))} can't be used: ${problem}.`)
  }
  const inUse = new Set(group.members.values().map(({ terms }) => terms.pattern?.source ?? ''))
  if (inUse.size < patternsMax) return pattern
  return refusal('invalid-pattern', `A group has at most ${patternsMax} regular expressions.`)
}

const costProblem = (pattern: LinearPattern, group: ConsumerGroup, { byName }: TopicView): string | undefined =>
  pattern.stepsFor(charactersOf(byName.keys())) > stepsMaxOf(group) ? 'it is too complex for so many topics' : undefined

/** Whether another subscription asks for another assignment. */
export const isOtherSubscription = (a: ConsumerTerms | undefined, b: ConsumerTerms): boolean =>
  !a || a.topicNames !== b.topicNames || a.pattern?.source !== b.pattern?.source

/** Whether anything of a member that the assignment is made from differs. */
export const asksForAssignment = (before: ConsumerTerms | undefined, member: ConsumerMember): boolean =>
  isOtherSubscription(before, member.terms) || before?.assignor !== member.terms.assignor

const areSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, index) => name === b[index])
