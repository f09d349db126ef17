import type { ServerProcess } from '@koine/server/testing'

/** Asks our HTTP API as its operator. @throws Error with what it answered when it refuses */
export async function adminCall<T>(
  { http, demo }: ServerProcess,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH',
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await fetch(`${http}${path}`, {
    method,
    headers: { authorization: `Bearer ${demo.adminToken}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}
