import type { TenantClient } from './ports.ts'
import type { Person, SessionStore } from './session.ts'

/** A token that ends sooner than this is replaced before it is used. */
const spareMs = 60_000

/**
 * Where a person's connection gets its tokens: first the one of the session, when it lasts a while; asked again, it was
 * refused, and another is minted with the API key and kept.
 */
export function tokenSource(
  sessions: SessionStore,
  tenant: Pick<TenantClient, 'mintToken'>,
  personId: string,
  now: () => number = Date.now,
): () => Promise<string> {
  let asked = false
  return async () => {
    const person = sessions.get()?.pair?.people.find(({ id }) => id === personId)
    const lasts = person !== undefined && Date.parse(person.tokenExpiresAt) - now() > spareMs
    if (lasts && !asked) {
      asked = true
      return person.token
    }
    asked = true
    const { token, expiresAt } = await tenant.mintToken(personId)
    replaceToken(sessions, personId, { token, tokenExpiresAt: expiresAt })
    return token
  }
}

function replaceToken(sessions: SessionStore, personId: string, token: Pick<Person, 'token' | 'tokenExpiresAt'>): void {
  const session = sessions.get()
  if (!session?.pair) return
  const [first, second] = session.pair.people
  const renewed = (person: Person): Person => (person.id === personId ? { ...person, ...token } : person)
  sessions.set({ ...session, pair: { ...session.pair, people: [renewed(first), renewed(second)] } })
}
