import { hash } from 'node:crypto'

const digestWords = 4
const slotsFirst = 1_024
/** Beyond this part of its slots in use, the table grows. */
const loadMax = 0.7

/**
 * The newest offset of each key, by a digest of it: 24 bytes a slot, however long the keys are. Two keys of one digest
 * would be taken for the same; with 128 bits of SHA-256 nobody finds two.
 */
export class NewestOffsets {
  #digests = new Uint32Array(slotsFirst * digestWords)
  /** One more than the offset; 0 where the slot is free. */
  #offsets = new Float64Array(slotsFirst)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Offsets of a key come in growing order. */
  set(key: Uint8Array, offset: number): void {
    if (this.#size >= this.#offsets.length * loadMax) this.#grow()
    const digest = digestOf(key)
    const slot = this.#slotOf(digest)
    if (this.#offsets[slot] === 0) {
      this.#size++
      this.#digests.set(digest, slot * digestWords)
    }
    this.#offsets[slot] = offset + 1
  }

  get(key: Uint8Array): number | undefined {
    const held = this.#offsets[this.#slotOf(digestOf(key))]!
    return held === 0 ? undefined : held - 1
  }

  /** Where the digest stands, or the free slot where it would. */
  #slotOf(digest: Uint32Array): number {
    const mask = this.#offsets.length - 1
    let slot = digest[0]! & mask
    while (this.#offsets[slot] !== 0 && !this.#holds(slot, digest)) slot = (slot + 1) & mask
    return slot
  }

  #holds(slot: number, digest: Uint32Array): boolean {
    for (let word = 0; word < digestWords; word++) {
      if (this.#digests[slot * digestWords + word] !== digest[word]) return false
    }
    return true
  }

  #grow(): void {
    const [digests, offsets] = [this.#digests, this.#offsets]
    this.#digests = new Uint32Array(digests.length * 2)
    this.#offsets = new Float64Array(offsets.length * 2)
    for (let from = 0; from < offsets.length; from++) {
      if (offsets[from] === 0) continue
      const digest = digests.subarray(from * digestWords, (from + 1) * digestWords)
      const to = this.#slotOf(digest)
      this.#digests.set(digest, to * digestWords)
      this.#offsets[to] = offsets[from]!
    }
  }
}

function digestOf(key: Uint8Array): Uint32Array {
  const digest = hash('sha256', key, 'buffer')
  return new Uint32Array(digest.buffer.slice(digest.byteOffset, digest.byteOffset + digestWords * 4))
}
