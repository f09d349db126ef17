import { entityKey, type QuotaEntity } from '../quotas/quota-entity.ts'

/** Of the quotas that a tenant grants, the one that holds for a client: whose it is, and who shares it. */
export interface Granted {
  readonly quota: number
  /** Clients with the same words use it together. */
  readonly sharedBy: string
}

export type QuotaBook = ReadonlyMap<string, { readonly [key: string]: number }>

const user = (name: string | null): QuotaEntity[number] => ({ type: 'user', name })
const clientId = (name: string | null): QuotaEntity[number] => ({ type: 'client-id', name })

/**
 * Kafka's order: what is granted to a user's client id comes first, then to the user, then to client ids. A default of users
 * is each user's own, a default of client ids each client id's.
 */
export function grantedTo(
  book: QuotaBook,
  key: string,
  client: { readonly user: string; readonly clientId: string },
): Granted | undefined {
  const ofPair = JSON.stringify([client.user, client.clientId])
  const ofUser = JSON.stringify([client.user])
  const ofClientId = JSON.stringify([null, client.clientId])
  const levels: readonly [entity: QuotaEntity, sharedBy: string][] = [
    [[user(client.user), clientId(client.clientId)], ofPair],
    [[user(client.user), clientId(null)], ofPair],
    [[user(client.user)], ofUser],
    [[user(null), clientId(client.clientId)], ofPair],
    [[user(null), clientId(null)], ofPair],
    [[user(null)], ofUser],
    [[clientId(client.clientId)], ofClientId],
    [[clientId(null)], ofClientId],
  ]
  for (const [entity, sharedBy] of levels) {
    const quota = book.get(entityKey(entity))?.[key]
    if (quota !== undefined) return { quota, sharedBy }
  }
  return undefined
}

/** An address's own, or the default of addresses. */
export const grantedToAddress = (book: QuotaBook, key: string, address: string): number | undefined =>
  book.get(entityKey([{ type: 'ip', name: address }]))?.[key] ??
  book.get(entityKey([{ type: 'ip', name: null }]))?.[key]
