/** Partitions of one topic, named by the topic's id. */
export interface TopicPartitions {
  /** 32 hexadecimal digits. */
  readonly topicId: string
  readonly partitions: readonly number[]
}

const none: ReadonlySet<number> = new Set()

/** A set of partitions by topic id. It isn't changed once it is built, so that members and plans may share one. */
export class PartitionSet {
  static readonly empty = new PartitionSet(new Map())
  readonly size: number
  readonly #topics: ReadonlyMap<string, ReadonlySet<number>>

  private constructor(topics: ReadonlyMap<string, ReadonlySet<number>>) {
    this.#topics = topics
    this.size = topics.values().reduce((sum, partitions) => sum + partitions.size, 0)
  }

  static of(topics: Iterable<TopicPartitions>): PartitionSet {
    const builder = new PartitionSetBuilder()
    for (const { topicId, partitions } of topics) for (const partition of partitions) builder.add(topicId, partition)
    return builder.build()
  }

  /** Takes over the map and its sets; no set in it is empty. */
  static taking(topics: ReadonlyMap<string, ReadonlySet<number>>): PartitionSet {
    return topics.size === 0 ? PartitionSet.empty : new PartitionSet(topics)
  }

  has(topicId: string, partition: number): boolean {
    return this.#topics.get(topicId)?.has(partition) ?? false
  }

  of(topicId: string): ReadonlySet<number> {
    return this.#topics.get(topicId) ?? none
  }

  *[Symbol.iterator](): Generator<readonly [topicId: string, partition: number]> {
    for (const [topicId, partitions] of this.#topics) for (const partition of partitions) yield [topicId, partition]
  }

  /** In the order of their numbers. */
  topics(): TopicPartitions[] {
    return [...this.#topics].map(([topicId, partitions]) => ({
      topicId,
      partitions: [...partitions].sort((a, b) => a - b),
    }))
  }

  filter(keep: (topicId: string, partition: number) => boolean): PartitionSet {
    const builder = new PartitionSetBuilder()
    for (const [topicId, partition] of this) if (keep(topicId, partition)) builder.add(topicId, partition)
    return builder.build()
  }

  and(other: PartitionSet): PartitionSet {
    return this.filter((topicId, partition) => other.has(topicId, partition))
  }

  without(other: PartitionSet): PartitionSet {
    return other.size === 0 ? this : this.filter((topicId, partition) => !other.has(topicId, partition))
  }

  with(other: PartitionSet): PartitionSet {
    if (other.size === 0) return this
    const builder = new PartitionSetBuilder()
    for (const set of [this, other]) for (const [topicId, partition] of set) builder.add(topicId, partition)
    return builder.build()
  }

  intersects(other: PartitionSet): boolean {
    for (const [topicId, partition] of this) if (other.has(topicId, partition)) return true
    return false
  }

  isSubsetOf(other: PartitionSet): boolean {
    for (const [topicId, partition] of this) if (!other.has(topicId, partition)) return false
    return true
  }

  equals(other: PartitionSet): boolean {
    return this.size === other.size && this.isSubsetOf(other)
  }
}

export class PartitionSetBuilder {
  readonly #topics = new Map<string, Set<number>>()

  add(topicId: string, partition: number): void {
    const held = this.#topics.get(topicId)
    if (held) held.add(partition)
    else this.#topics.set(topicId, new Set([partition]))
  }

  build(): PartitionSet {
    return PartitionSet.taking(this.#topics)
  }
}
