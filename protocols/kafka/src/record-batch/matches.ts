const hashBits = 12
const matchBytesMin = 4
/** A match starts no later than this before the end, and ends no later than the next: LZ4 asks for both. */
const matchStartsBeforeEnd = 12
const matchEndsBeforeEnd = 5
const offsetMax = 65_535

/** Literals from `literals` to `at`, then `length` bytes that also stand `offset` bytes before `at`. */
export type EmitMatch = (literals: number, at: number, offset: number, length: number) => void

/**
 * Finds repetitions in `bytes` from `start` to `end`, greedily and in one pass: what LZ4 and Snappy have in common.
 * @returns where the literals start that are left over at the end
 */
export function findMatches(bytes: Uint8Array, start: number, end: number, emit: EmitMatch): number {
  const seen = new Int32Array(1 << hashBits).fill(-1)
  const lastStart = end - matchStartsBeforeEnd
  const lastEnd = end - matchEndsBeforeEnd
  let literals = start
  let at = start
  while (at <= lastStart) {
    const slot = hash(bytes, at)
    const earlier = seen[slot]!
    seen[slot] = at
    const length = earlier < 0 || at - earlier > offsetMax ? 0 : sameBytes(bytes, earlier, at, lastEnd)
    if (length < matchBytesMin) {
      // The longer nothing repeats, the larger the steps: what can't be compressed costs little.
      at += 1 + ((at - literals) >> 6)
      continue
    }
    emit(literals, at, at - earlier, length)
    at += length
    literals = at
  }
  return literals
}

function hash(bytes: Uint8Array, at: number): number {
  const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
  return Math.imul(word, 0x9e37_79b1) >>> (32 - hashBits)
}

function sameBytes(bytes: Uint8Array, earlier: number, at: number, end: number): number {
  let length = 0
  while (at + length < end && bytes[earlier + length] === bytes[at + length]) length++
  return length
}

/** Copies `length` bytes from `offset` before `at` to `at`. The two may overlap: then what was copied repeats. */
export function copyMatch(bytes: Uint8Array, at: number, offset: number, length: number): void {
  if (offset >= length) bytes.copyWithin(at, at - offset, at - offset + length)
  else for (let i = at; i < at + length; i++) bytes[i] = bytes[i - offset]!
}
