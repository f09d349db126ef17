import { type Randomness, wholeNumber } from '@koine/base'
import { errorCodes } from '@koine/protocols-kafka'

/** A partition as a client last asked for it. */
export interface SoughtPartition {
  /** Empty in requests that name topics by id. */
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly fetchOffset: number
  readonly partitionMaxBytes: number
  readonly currentLeaderEpoch: number
}

/** What an incremental answer depends on. */
export interface PartitionNews {
  readonly errorCode: number
  readonly highWatermark: number
  readonly logStartOffset: number
  readonly hasRecords: boolean
}

export interface FetchOpening {
  readonly sessionId: number
  readonly sessionEpoch: number
  readonly sought: readonly SoughtPartition[]
  readonly forgotten: readonly Pick<SoughtPartition, 'topic' | 'topicId' | 'partition'>[]
}

/** One fetch, within a session or without. */
export interface FetchTurn {
  readonly ok: true
  /** 0: the client has no session, and sends everything with its next fetch. */
  readonly sessionId: number
  /** What to read, the partitions whose turn it is first in front. */
  readonly sought: readonly SoughtPartition[]
  /** Whether the partition belongs in the answer; to be asked once for each of `sought`. */
  isNews(sought: SoughtPartition, news: PartitionNews): boolean
}

export type FetchTurnOutcome = FetchTurn | { readonly ok: false; readonly errorCode: number }

const finalEpoch = -1
const initialEpoch = 0
const sessionIdMax = 0x7fff_ffff
const sessionsPerConnection = 4
const partitionsPerSession = 10_000

/** How many partitions the sessions of all connections may remember together; beyond, fetches are full ones. */
export class FetchSessionSpace {
  #left: number

  constructor(partitions: number) {
    this.#left = partitions
  }

  take(partitions: number): boolean {
    if (partitions > this.#left) return false
    this.#left -= partitions
    return true
  }

  give(partitions: number): void {
    this.#left += partitions
  }
}

/**
 * Incremental fetch sessions (KIP-227) of one connection: the client names only what has changed of its partitions, and is
 * answered only with those that have news. A session ends with its connection; a client that goes on with it on another one
 * is told that it isn't there, and begins again with a full fetch.
 */
export class FetchSessions implements Disposable {
  readonly #space: FetchSessionSpace
  readonly #randomness: Randomness
  readonly #sessions = new Map<number, FetchSession>()

  constructor(space: FetchSessionSpace, randomness: Randomness) {
    this.#space = space
    this.#randomness = randomness
  }

  begin({ sessionId, sessionEpoch, sought, forgotten }: FetchOpening): FetchTurnOutcome {
    if (sessionEpoch === finalEpoch || sessionEpoch === initialEpoch) {
      this.end(sessionId)
      return sessionEpoch === initialEpoch ? this.#open(sought) : fullFetch(sought)
    }
    const session = this.#sessions.get(sessionId)
    if (!session) return { ok: false, errorCode: errorCodes.FETCH_SESSION_ID_NOT_FOUND }
    if (sessionEpoch !== session.epoch) return { ok: false, errorCode: errorCodes.INVALID_FETCH_SESSION_EPOCH }
    const before = session.size
    session.change(sought, forgotten)
    if (session.size > partitionsPerSession || !this.#space.take(session.size - before)) {
      this.#space.give(session.size - before) // So that the session gives back what it holds, and no more.
      this.end(sessionId)
      return { ok: false, errorCode: errorCodes.FETCH_SESSION_ID_NOT_FOUND }
    }
    // Now the most recently used one.
    this.#sessions.delete(sessionId)
    this.#sessions.set(sessionId, session)
    return session.turn(sessionId)
  }

  [Symbol.dispose](): void {
    for (const id of this.#sessions.keys()) this.end(id)
  }

  #open(sought: readonly SoughtPartition[]): FetchTurn {
    if (sought.length === 0 || sought.length > partitionsPerSession) return fullFetch(sought)
    const session = new FetchSession(sought)
    if (!this.#space.take(session.size)) return fullFetch(sought)
    const oldest = this.#sessions.keys().next().value
    if (oldest !== undefined && this.#sessions.size >= sessionsPerConnection) this.end(oldest)
    let id = 0
    do id = 1 + wholeNumber(this.#randomness, sessionIdMax - 1)
    while (this.#sessions.has(id))
    this.#sessions.set(id, session)
    return session.turn(id)
  }

  /** Nothing where there is none. */
  end(id: number): void {
    const session = this.#sessions.get(id)
    if (!session) return
    this.#sessions.delete(id)
    this.#space.give(session.size)
  }
}

const fullFetch = (sought: readonly SoughtPartition[]): FetchTurn => ({
  ok: true,
  sessionId: 0,
  sought,
  isNews: () => true,
})

interface Remembered {
  sought: SoughtPartition
  /** Undefined when the client has to hear of it whatever it is. */
  told: { readonly highWatermark: number; readonly logStartOffset: number } | undefined
}

/** The partitions of one session, and what the client was last told of them. */
class FetchSession {
  /** What the next request has to say. */
  epoch = 0
  readonly #partitions = new Map<string, Remembered>()

  constructor(sought: readonly SoughtPartition[]) {
    this.change(sought, [])
  }

  get size(): number {
    return this.#partitions.size
  }

  change(sought: readonly SoughtPartition[], forgotten: FetchOpening['forgotten']): void {
    for (const each of sought) {
      const held = this.#partitions.get(keyOf(each))
      if (held) held.sought = each
      else this.#partitions.set(keyOf(each), { sought: each, told: undefined })
    }
    for (const each of forgotten) this.#partitions.delete(keyOf(each))
  }

  turn(sessionId: number): FetchTurn {
    const isFirst = this.epoch === 0
    this.epoch = this.epoch === sessionIdMax ? 1 : this.epoch + 1
    return {
      ok: true,
      sessionId,
      sought: [...this.#partitions.values()].map(({ sought }) => sought),
      isNews: (sought, news) => this.#isNews(sought, news) || isFirst,
    }
  }

  #isNews(sought: SoughtPartition, { errorCode, highWatermark, logStartOffset, hasRecords }: PartitionNews): boolean {
    const key = keyOf(sought)
    const held = this.#partitions.get(key)
    if (!held) return true
    if (hasRecords) {
      // Its next turn comes after the others', so that one busy partition can't fill every answer.
      this.#partitions.delete(key)
      this.#partitions.set(key, held)
    }
    const { told } = held
    const isOk = errorCode === errorCodes.NONE
    // A client that was told of a failure has to hear that it is over.
    held.told = isOk ? { highWatermark, logStartOffset } : undefined
    if (!isOk || hasRecords || !told) return true
    return told.highWatermark !== highWatermark || told.logStartOffset !== logStartOffset
  }
}

const keyOf = ({ topic, topicId, partition }: Pick<SoughtPartition, 'topic' | 'topicId' | 'partition'>): string =>
  `${topic}/${topicId}/${partition}`
