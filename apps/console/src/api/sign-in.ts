import type { Backend, Demo, TenantClient, User } from './ports.ts'
import type { Pair, Session } from './session.ts'

/** Checks the key against the server and makes the session of it. */
export async function signInWithKey(backend: Backend, apiKey: string): Promise<Session> {
  const tenantName = await backend.tenant(apiKey).tenantName()
  return { apiKey, tenantName, isDemo: false }
}

/** The demo's two people, ready to talk. */
export function demoSession(demo: Demo): Session {
  const [first, second] = demo.users.map(({ id, name, token, expiresAt }) => ({
    id,
    name,
    token,
    tokenExpiresAt: expiresAt,
  }))
  if (!first || !second) throw new Error('The demo has fewer than two people.')
  return {
    apiKey: `${demo.apiKey.id}.${demo.apiKey.secret}`,
    tenantName: demo.tenant.name,
    isDemo: true,
    pair: { conversationId: demo.conversationId, people: [first, second] },
  }
}

/** Opens the one conversation of two people, with a token for each. */
export async function openPair(tenant: TenantClient, first: User, second: User): Promise<Pair> {
  const [conversation, firstToken, secondToken] = await Promise.all([
    tenant.openDirect([first.id, second.id]),
    tenant.mintToken(first.id),
    tenant.mintToken(second.id),
  ])
  return {
    conversationId: conversation.id,
    people: [
      { id: first.id, name: first.name, token: firstToken.token, tokenExpiresAt: firstToken.expiresAt },
      { id: second.id, name: second.name, token: secondToken.token, tokenExpiresAt: secondToken.expiresAt },
    ],
  }
}
