import type { ConsumerTerms } from './consumer/consumer-member.ts'
import type { LiveGroup } from './group-directory.ts'
import type { MemberTerms } from './member.ts'

type Terms = Pick<MemberTerms, 'protocols'> | Pick<ConsumerTerms, 'topicNames'>

/** Terms don't change: those of a member are counted once. */
const counted = new WeakMap<Terms, number>()

/** About what is kept of a member for what it says of itself. */
export function bytesOfTerms(terms: Terms): number {
  let bytes = counted.get(terms)
  if (bytes === undefined) counted.set(terms, (bytes = countedBytes(terms)))
  return bytes
}

const countedBytes = (terms: Terms): number =>
  'protocols' in terms
    ? terms.protocols.reduce((sum, { name, metadata }) => sum + name.length + metadata.length, 0)
    : terms.topicNames.reduce((sum, name) => sum + name.length, 0)

/** The same of all members of a group, with what they have been assigned. */
const bytesOfGroup = (group: LiveGroup): number =>
  group.type === 'classic'
    ? group.members.values().reduce((sum, { terms, assignment }) => sum + bytesOfTerms(terms) + assignment.length, 0)
    : group.members.values().reduce((sum, { terms }) => sum + bytesOfTerms(terms), 0)

/** What the groups of one tenant keep, as of when each was last weighed. */
export class GroupBytes {
  readonly #weights = new Map<LiveGroup, number>()
  #total = 0

  get total(): number {
    return this.#total
  }

  weigh(group: LiveGroup): void {
    const bytes = bytesOfGroup(group)
    this.#total += bytes - (this.#weights.get(group) ?? 0)
    this.#weights.set(group, bytes)
  }

  remove(group: LiveGroup): void {
    this.#total -= this.#weights.get(group) ?? 0
    this.#weights.delete(group)
  }
}
