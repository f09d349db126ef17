import { compareBytewise } from '../bytewise.ts'
import type { Query, TableRecord } from '../tables.ts'

/** The records of one `pk`, by sort key. Expired ones stay until they are written again. */
export class RecordGroup {
  readonly #records = new Map<string, TableRecord>()
  readonly #order: string[] = []

  get size(): number {
    return this.#records.size
  }

  get(sk: string): TableRecord | undefined {
    return this.#records.get(sk)
  }

  /** Replaces the record, or takes it out when there is none. */
  put(sk: string, record: TableRecord | undefined): void {
    const held = this.#records.has(sk)
    if (record) {
      this.#records.set(sk, record)
      if (!held) this.#order.splice(this.#firstAtOrAfter(sk), 0, sk)
    } else if (held) {
      this.#records.delete(sk)
      this.#order.splice(this.#firstAtOrAfter(sk), 1)
    }
  }

  /** The records of a query's range in its direction, beyond `after` when that is given. */
  *range({ from, before, direction }: Query, after: string | undefined): Generator<TableRecord> {
    let start = from === undefined ? 0 : this.#firstAtOrAfter(from)
    let end = before === undefined ? this.#order.length : this.#firstAtOrAfter(before)
    if (direction === 'descending') {
      if (after !== undefined) end = Math.min(end, this.#firstAtOrAfter(after))
      for (let i = end - 1; i >= start; i--) yield this.#at(i)
    } else {
      if (after !== undefined) start = Math.max(start, this.#firstAtOrAfter(`${after}\0`))
      for (let i = start; i < end; i++) yield this.#at(i)
    }
  }

  #at(index: number): TableRecord {
    return this.#records.get(this.#order[index]!)!
  }

  #firstAtOrAfter(sk: string): number {
    const order = this.#order
    const last = order.at(-1)
    if (last === undefined || compareBytewise(last, sk) < 0) return order.length
    let low = 0
    let high = order.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareBytewise(order[middle]!, sk) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
