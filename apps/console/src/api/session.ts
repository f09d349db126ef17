/** One of the two people who talk, with the token that speaks for them. */
export interface Person {
  readonly id: string
  readonly name: string
  readonly token: string
  /** ISO 8601. */
  readonly tokenExpiresAt: string
}

export interface Pair {
  readonly conversationId: string
  readonly people: readonly [Person, Person]
}

/** Who is signed in at this tab. */
export interface Session {
  /** `key_….secret`. */
  readonly apiKey: string
  readonly tenantName: string | undefined
  readonly isDemo: boolean
  /** Absent until two people are chosen. */
  readonly pair?: Pair | undefined
}

const storageKey = 'koine.session'

/**
 * The session, in the tab's own storage: it ends with the tab and never leaves it.
 * @param storage `sessionStorage`; a parameter for the tests
 */
export class SessionStore {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  readonly #listeners = new Set<() => void>()
  #session: Session | undefined

  constructor(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>) {
    this.#storage = storage
    this.#session = parseSession(storage.getItem(storageKey))
  }

  readonly get = (): Session | undefined => this.#session

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  set(session: Session | undefined): void {
    this.#session = session
    if (session) this.#storage.setItem(storageKey, JSON.stringify(session))
    else this.#storage.removeItem(storageKey)
    for (const listener of this.#listeners) listener()
  }
}

/** Whether a text has the form `key_….secret`; only the server knows whether it is valid. */
export const looksLikeApiKey = (text: string): boolean => /^key_[0-9a-z]+\.\S+$/.test(text)

/** What was stored, or undefined when it isn't a session of this version of the page. */
export function parseSession(stored: string | null): Session | undefined {
  if (stored === null) return undefined
  try {
    const value = JSON.parse(stored) as Partial<Session> | null
    const hasPair = value?.pair === undefined || value.pair.people.length === 2
    return typeof value?.apiKey === 'string' && hasPair ? (value as Session) : undefined
  } catch {
    return undefined // Not JSON: someone else's entry under our name. Signing in replaces it.
  }
}
