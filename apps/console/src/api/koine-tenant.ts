import { KoineApi, KoineError } from '@koine/sdk'
import type { Demo, TenantClient } from './ports.ts'

/** What an API key may do, over the SDK. */
export function koineTenant(url: string, apiKey: string): TenantClient {
  const api = new KoineApi({ url, token: apiKey })
  return {
    tenantName: async () => {
      const { kind, tenant } = await api.me()
      // The operator's token would be let in, too, but it belongs to no tenant.
      if (kind !== 'api-key' || !tenant) throw new KoineError('forbidden', 'This credential is not an API key.')
      return tenant.name
    },
    users: (cursor) => api.users.list({ limit: 50, ...(cursor !== undefined && { cursor }) }),
    createUser: (name) => api.users.create({ name }),
    mintToken: (userId) => api.users.createToken(userId),
    openDirect: (members) => api.conversations.create({ kind: 'direct', members: [...members] }),
  }
}

export async function koineDemo(url: string): Promise<Demo | undefined> {
  try {
    return await new KoineApi({ url }).demo()
  } catch (thrown) {
    if (thrown instanceof KoineError && thrown.code === 'not_found') return undefined
    throw thrown
  }
}
