import { ProtocolError } from '@koine/protocols-kafka'

/** As many topics, groups and partitions as a tenant may have: nobody has reason to name more in one request. */
const namedMax = 20_000
/** What is told of each is long. */
const describedMax = 5_000

/**
 * Holds a request to what it may name: each name costs work and memory beyond its few bytes.
 * @throws ProtocolError
 */
export function checkNamed(count: number, { isDescribed = false } = {}): void {
  const most = isDescribed ? describedMax : namedMax
  if (count > most) throw new ProtocolError(`A request names ${count} things, and at most ${most} at once.`)
}

/** The same for partitions within topics. */
export const checkPartitionsNamed = (topics: readonly { readonly partitions: readonly unknown[] }[]): void =>
  checkNamed(topics.reduce((sum, { partitions }) => sum + partitions.length, topics.length))
