import { compareBytewise } from '../bytewise.ts'
import type { SortedMember } from '../cache.ts'

const inOrder = (a: SortedMember, b: SortedMember): number => a.score - b.score || compareBytewise(a.member, b.member)

/** Members by score, equal scores by member bytewise. */
export class SortedSet {
  readonly #scores = new Map<string, number>()
  readonly #sorted: SortedMember[] = []

  get size(): number {
    return this.#sorted.length
  }

  /** True when the member is new. */
  add({ member, score }: SortedMember): boolean {
    const known = this.#scores.get(member)
    if (known === score) return false
    if (known !== undefined) this.#sorted.splice(this.#position({ member, score: known }), 1)
    const entry = { member, score }
    this.#sorted.splice(this.#position(entry), 0, entry)
    this.#scores.set(member, score)
    return known === undefined
  }

  /** True when there was one. */
  remove(member: string): boolean {
    const score = this.#scores.get(member)
    if (score === undefined) return false
    this.#sorted.splice(this.#position({ member, score }), 1)
    this.#scores.delete(member)
    return true
  }

  /** Takes the lowest members out until `keep` are left, and returns them. */
  trim(keep: number): readonly SortedMember[] {
    const dropped = this.#sorted.splice(0, Math.max(0, this.#sorted.length - keep))
    for (const { member } of dropped) this.#scores.delete(member)
    return dropped
  }

  range(direction: 'ascending' | 'descending', offset: number, limit: number): readonly SortedMember[] {
    if (direction === 'ascending') return this.#sorted.slice(offset, offset + limit)
    const end = Math.max(0, this.#sorted.length - offset)
    return this.#sorted.slice(Math.max(0, end - limit), end).toReversed()
  }

  /** Index of the first entry at or after `entry`. */
  #position(entry: SortedMember): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (inOrder(this.#sorted[middle]!, entry) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
