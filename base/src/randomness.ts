import { randomFillSync } from 'node:crypto'

/** Where chance comes from. A parameter everywhere, so that a run can be replayed from a seed. */
export interface Randomness {
  /** Fills `target` with random bytes and returns it. */
  fill(target: Uint8Array): Uint8Array
  /** A number in [0, 1). */
  fraction(): number
}

const poolBytes = 8192
const pool = new Uint8Array(poolBytes)
let poolUsed = poolBytes

/** The operating system's cryptographic source, drawn in larger pieces: one system call for hundreds of ids. No byte is given twice. */
export const systemRandomness: Randomness = {
  fill(target) {
    if (target.length > poolBytes / 8) return randomFillSync(target)
    if (poolUsed + target.length > poolBytes) {
      randomFillSync(pool)
      poolUsed = 0
    }
    const drawn = pool.subarray(poolUsed, poolUsed + target.length)
    target.set(drawn)
    drawn.fill(0)
    poolUsed += target.length
    return target
  },
  fraction: () => Math.random(),
}

/**
 * A replayable source (splitmix32): for simulation and tests, never for secrets.
 * @param seed any 32-bit integer
 */
export function seededRandomness(seed: number): Randomness {
  let state = seed | 0
  const splitmix = (): number => {
    state = (state + 0x9e3779b9) | 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
    return (z ^ (z >>> 16)) >>> 0
  }
  return {
    fill(target) {
      for (let i = 0; i < target.length; i++) target[i] = splitmix() & 0xff
      return target
    },
    fraction: () => splitmix() / 0x1_0000_0000,
  }
}

/** A whole number in [0, below). */
export const wholeNumber = (randomness: Randomness, below: number): number => Math.floor(randomness.fraction() * below)
