import assert from 'node:assert/strict'
import { type Randomness, seededRandomness, wholeNumber } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import { compareBytewise } from '@koine/stores-ports'
import type { LogFiles } from '../../log/log-files.ts'
import { SimulatedDisk } from '../../log/simulated-disk.ts'
import type { EntryRange, EntryValue } from '../entry.ts'
import type { EntryStore } from '../entry-store.ts'
import type { Changes } from './journal-frame.ts'
import { JournaledStore } from './journaled-store.ts'

type Contents = Map<string, EntryValue>

/** What a base store keeps over crashes, each commit whole or not at all. */
export class MemoryBase {
  readonly contents: Contents = new Map()
  commits = 0
  /** What a commit waits for, or fails with. */
  before: () => Promise<unknown> = async () => {}

  /** As one program sees it: what that asks for after its disk has stopped never happens. */
  open(files: LogFiles): EntryStore {
    const { contents } = this
    return {
      get: (key) => contents.get(key),
      peek: (key) => contents.get(key),
      range: (range) => rangeOf(contents, range),
      commit: async (changes) => {
        await files.list('/nowhere')
        await this.before()
        this.commits++
        apply(contents, changes)
      },
      close: async () => {},
      stuck: false,
    }
  }
}

function apply(contents: Contents, changes: Changes): void {
  for (const [key, value] of changes) {
    if (value === null) contents.delete(key)
    else contents.set(key, value)
  }
}

function rangeOf(contents: Contents, { from, before, reverse = false }: EntryRange) {
  const inside = [...contents.keys()].filter(
    (key) => compareBytewise(key, from) >= 0 && compareBytewise(key, before) < 0,
  )
  inside.sort(compareBytewise)
  if (reverse) inside.reverse()
  return inside.map((key) => ({ key, value: contents.get(key)! }))
}

const groups = ['t\0a\0', 't\0b\0', 'u\0a\0']
const directory = '/tables'

/** A store over a simulated disk that is written to, stopped and opened again, beside a plain model of it; for tests. */
export class JournaledRun {
  readonly randomness: Randomness
  readonly disk: SimulatedDisk
  readonly base = new MemoryBase()
  readonly clock = new ManualClock()
  /** After the last commit that was acknowledged, and after the one that may have been made. */
  #certain: Contents = new Map()
  #possible: Contents | undefined
  #lastEvent = 0

  constructor(seed: number) {
    this.randomness = seededRandomness(seed)
    this.disk = new SimulatedDisk(this.randomness)
  }

  open(): Promise<JournaledStore> {
    const files = this.disk.mount()
    const limits = { layerMs: 100, layerBytes: 600, layerBytesMax: 1500, sliceChanges: 3 }
    return JournaledStore.open({ base: this.base.open(files), files, directory, clock: this.clock, limits })
  }

  async commit(store: JournaledStore): Promise<void> {
    const changes = this.#changes()
    const after = new Map(this.#certain)
    apply(after, changes)
    this.#possible = after
    await store.commit(changes)
    this.#certain = after
    this.#possible = undefined
  }

  /** The store holds what was acknowledged, and perhaps what was under way; that counts from now on. */
  check(store: JournaledStore): void {
    const found = new Map(
      [...groups, '\0o'].flatMap((group) => Array.from(store.range(whole(group)), ({ key, value }) => [key, value])),
    )
    const expected = this.#possible && same(found, this.#possible) ? this.#possible : this.#certain
    assert.deepEqual(sorted(found), sorted(expected))
    this.#certain = expected
    this.#possible = undefined
    for (const group of groups) {
      const [from, before] = [this.#key(group), this.#key(group)].sort(compareBytewise) as [string, string]
      for (const reverse of [false, true]) {
        const range = { from, before, reverse }
        assert.deepEqual([...store.range(range)], rangeOf(expected, range))
      }
      assert.deepEqual(store.get(from), expected.get(from))
    }
  }

  #changes(): Changes {
    const changes = new Map<string, EntryValue | null>()
    for (let i = wholeNumber(this.randomness, 6); i >= 0; i--) {
      const group = groups[wholeNumber(this.randomness, groups.length)]!
      const value: EntryValue = [
        wholeNumber(this.randomness, 99) + 1,
        { x: 'x'.repeat(wholeNumber(this.randomness, 60)) },
      ]
      changes.set(this.#key(group), wholeNumber(this.randomness, 3) === 0 ? null : value)
    }
    if (wholeNumber(this.randomness, 2) === 0) changes.set(eventAt(++this.#lastEvent), ['e', 't', 'k', '{}'])
    for (const key of this.#certain.keys()) {
      if (key.startsWith('\0o') && wholeNumber(this.randomness, 2) === 0) changes.set(key, null)
    }
    return changes
  }

  #key(group: string): string {
    return `${group}${String.fromCodePoint(...[0x61, 0xe000, 0x1f30d].slice(wholeNumber(this.randomness, 3)))}${wholeNumber(this.randomness, 8)}`
  }
}

const eventAt = (number: number): string => `\0o${String(number).padStart(16, '0')}`
const whole = (group: string): EntryRange => ({ from: group, before: `${group}\u{10ffff}` })
const sorted = (contents: Contents) => [...contents].sort(([a], [b]) => compareBytewise(a, b))
const same = (a: Contents, b: Contents): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
