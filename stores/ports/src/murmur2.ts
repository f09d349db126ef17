/**
 * The hash of Kafka's default partitioner: MurmurHash2, 32 bits, seed 0x9747b28c, as signed. Producers of other makes
 * thereby put a key into the same partition.
 */
export function murmur2(data: Uint8Array): number {
  const multiplier = 0x5bd1e995
  const { length } = data
  let hash = 0x9747b28c ^ length
  const whole = length & ~3
  for (let at = 0; at < whole; at += 4) {
    let block = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24)
    block = Math.imul(block, multiplier)
    block ^= block >>> 24
    hash = Math.imul(hash, multiplier) ^ Math.imul(block, multiplier)
  }
  for (let at = length - 1; at >= whole; at--) hash ^= data[at]! << (8 * (at - whole))
  if (whole < length) hash = Math.imul(hash, multiplier)
  hash ^= hash >>> 13
  hash = Math.imul(hash, multiplier)
  return hash ^ (hash >>> 15)
}

/** The partition that Kafka's default partitioner gives to a key. */
export const partitionOfKey = (key: Uint8Array, partitions: number): number => (murmur2(key) & 0x7fff_ffff) % partitions
