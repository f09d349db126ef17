import type { Partition } from '@koine/stores-ports'

/**
 * What consumers of the classic protocol tell each other through the group, in the layout that they all share:
 * ConsumerProtocolSubscription and ConsumerProtocolAssignment of Kafka's clients. The group passes it on unread; it reads
 * along only to say who reads what. What can't be read is undefined: it is the clients' own affair.
 */
export function subscribedTopics(metadata: Uint8Array): string[] | undefined {
  return reading(metadata, (bytes) => bytes.many(() => bytes.text()))
}

export function assignedPartitions(assignment: Uint8Array): Partition[] | undefined {
  if (assignment.length === 0) return []
  return reading(assignment, (bytes) =>
    bytes
      .many(() => [bytes.text(), bytes.many(() => bytes.int32())] as const)
      .flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition }))),
  )
}

const versionBytes = 2

function reading<T>(data: Uint8Array, read: (bytes: Bytes) => T): T | undefined {
  if (data.length < versionBytes) return undefined
  const bytes = new Bytes(data, versionBytes)
  const value = read(bytes)
  return bytes.isWhole ? value : undefined
}

/** Reads big-endian fields; past the end, or over a length that makes no sense, it reads nothing and isn't whole. */
class Bytes {
  isWhole = true
  readonly #data: Uint8Array
  readonly #view: DataView
  #at: number

  constructor(data: Uint8Array, at: number) {
    this.#data = data
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength)
    this.#at = at
  }

  int32(): number {
    const at = this.#take(4)
    return at === undefined ? 0 : this.#view.getInt32(at)
  }

  text(): string {
    const lengthAt = this.#take(2)
    const length = lengthAt === undefined ? -1 : this.#view.getInt16(lengthAt)
    const at = this.#take(length)
    return at === undefined ? '' : Buffer.from(this.#data.subarray(at, at + length)).toString()
  }

  many<T>(each: () => T): T[] {
    const count = this.int32()
    // Every element takes four bytes, or two for a text: a count beyond that is none.
    if (count < 0 || count > this.#data.length / 2) this.isWhole = false
    const items: T[] = []
    for (let index = 0; this.isWhole && index < count; index++) items.push(each())
    return items
  }

  #take(length: number): number | undefined {
    const at = this.#at
    if (!this.isWhole || length < 0 || at + length > this.#data.length) {
      this.isWhole = false
      return undefined
    }
    this.#at += length
    return at
  }
}
