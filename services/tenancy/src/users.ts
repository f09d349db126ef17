import { type Clock, KoineError, type Randomness, type UserId, userIds } from '@koine/base'
import { type RecordKey, tableLimits, type TableRecord, type TenantScope } from '@koine/stores-ports'
import { checkedName } from './names.ts'
import type { PageRequest } from './tenants.ts'

export interface User {
  readonly id: UserId
  readonly name: string
  /** ISO 8601. */
  readonly createdAt: string
}

const userRecord = (id: UserId): RecordKey => ({ table: 'users', pk: 'all', sk: id })

/** With an `id` of an earlier, interrupted try the call is finished rather than repeated. */
export async function createUser(
  scope: TenantScope,
  source: { readonly clock: Clock; readonly randomness: Randomness },
  { name, id = userIds.make(source) }: { readonly name: string; readonly id?: UserId },
): Promise<User> {
  const user: User = { id, name: checkedName('a user', name), createdAt: new Date(source.clock.now()).toISOString() }
  const made = await scope.tables.write({
    operations: [{ put: userRecord(id), attributes: { name: user.name, createdAt: user.createdAt }, if: 'absent' }],
  })
  return made.ok ? user : await getUser(scope, id)
}

export async function getUser(scope: TenantScope, id: UserId): Promise<User> {
  const record = await scope.tables.get(userRecord(id))
  if (!record) throw new KoineError('not_found', `There is no user ${id}.`)
  return asUser(record)
}

/** Whether each of them exists, in the order of `ids`. */
export async function usersExist(scope: TenantScope, ids: readonly UserId[]): Promise<boolean[]> {
  const exist: boolean[] = []
  for (let from = 0; from < ids.length; from += tableLimits.getManyKeys) {
    const records = await scope.tables.getMany(ids.slice(from, from + tableLimits.getManyKeys).map(userRecord))
    exist.push(...records.map((record) => record !== undefined))
  }
  return exist
}

/** By age, the oldest first. */
export async function listUsers(
  scope: TenantScope,
  { limit, cursor }: PageRequest,
): Promise<{ users: User[]; cursor?: string }> {
  const page = await scope.tables.query({
    table: 'users',
    pk: 'all',
    limit,
    ...(cursor === undefined ? {} : { cursor }),
  })
  return { users: page.records.map(asUser), ...(page.cursor === undefined ? {} : { cursor: page.cursor }) }
}

const asUser = ({ key, attributes }: TableRecord): User => ({
  id: key.sk as UserId,
  name: attributes.name as string,
  createdAt: attributes.createdAt as string,
})
