import assert from 'node:assert/strict'
import { test } from 'node:test'
import { looksLikeApiKey, parseSession, type Session, SessionStore } from './session.ts'
import { tokenSource } from './token-source.ts'

function storageOf(entries: Record<string, string> = {}) {
  const held = new Map(Object.entries(entries))
  return {
    held,
    getItem: (key: string) => held.get(key) ?? null,
    setItem: (key: string, value: string) => void held.set(key, value),
    removeItem: (key: string) => void held.delete(key),
  }
}

const person = (id: string, tokenExpiresAt: string) => ({ id, name: id, token: `token of ${id}`, tokenExpiresAt })
const session: Session = {
  apiKey: 'key_1.secret',
  tenantName: 'Acme',
  isDemo: false,
  pair: {
    conversationId: 'conv_1',
    people: [person('asha', '2026-03-09T09:00:00.000Z'), person('ben', '2026-03-09T09:00:00.000Z')],
  },
}

test('a session outlives a reload and ends with signing out', () => {
  const storage = storageOf()
  new SessionStore(storage).set(session)
  const reloaded = new SessionStore(storage)
  assert.deepEqual(reloaded.get(), session)
  reloaded.set(undefined)
  assert.equal(storage.held.size, 0)
})

test('listeners hear of signing in and out', () => {
  const store = new SessionStore(storageOf())
  let heard = 0
  const stop = store.subscribe(() => heard++)
  store.set(session)
  store.set(undefined)
  stop()
  store.set(session)
  assert.equal(heard, 2)
})

test('what is no session of this version is no session', () => {
  for (const stored of [null, '', '{', 'null', '{}', '{"apiKey":1}', '{"apiKey":"k","pair":{"people":[]}}']) {
    assert.equal(parseSession(stored), undefined, String(stored))
  }
})

test('an API key has an id and a secret', () => {
  assert.equal(looksLikeApiKey('key_01kb2x3yt4e5v8p9q0r1s2t3v5.abc-_123'), true)
  for (const text of ['', 'key_01kb', 'key_01kb.', 'user_01kb.abc', 'key_01kb.a c'])
    assert.equal(looksLikeApiKey(text), false)
})

const atEight = (): number => Date.parse('2026-03-09T08:00:00Z')

function sourceFor(personId: string, now: () => number) {
  const store = new SessionStore(storageOf())
  store.set(session)
  let minted = 0
  const mintToken = async (userId: string) => ({ token: `token ${++minted} of ${userId}`, expiresAt: 'later' })
  return { store, next: tokenSource(store, { mintToken }, personId, now) }
}

test('the token of the session is used first; asked again it was refused, and another is minted and kept', async () => {
  const { store, next } = sourceFor('ben', atEight)
  assert.equal(await next(), 'token of ben')
  assert.equal(await next(), 'token 1 of ben')
  assert.equal(await next(), 'token 2 of ben')
  assert.deepEqual(
    store.get()?.pair?.people.map(({ token }) => token),
    ['token of asha', 'token 2 of ben'],
  )
})

test('a token that is about to expire is not used', async () => {
  const { next } = sourceFor('asha', () => Date.parse('2026-03-09T08:59:30Z'))
  assert.equal(await next(), 'token 1 of asha')
})
