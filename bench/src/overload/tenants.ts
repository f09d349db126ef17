import type { ServerProcess } from '@koine/server/testing'
import { KafkaConnection } from '../kafka-connection.ts'
import { adminCall } from '../streams/admin.ts'
import { createTopic } from '../streams/topics.ts'

export interface LoadTenant {
  readonly name: string
  /** Its quota in bytes a second, produced and fetched: never reached, but what it is slowed by beside others. */
  readonly quota: number
  readonly key: { readonly id: string; readonly secret: string }
}

export const topic = 'load'
export const partitions = 8

export async function makeTenant(server: ServerProcess, name: string, quota: number): Promise<LoadTenant> {
  const { id } = await adminCall<{ id: string }>(server, 'POST', '/v1/tenants', { name })
  const key = await adminCall<LoadTenant['key']>(server, 'POST', `/v1/tenants/${id}/api-keys`, {})
  await adminCall(server, 'PATCH', `/v1/tenants/${id}/quotas`, {
    produceBytesPerSecond: quota / 2,
    fetchBytesPerSecond: quota / 2,
  })
  using connection = await KafkaConnection.openAs(server.kafka, key)
  await createTopic(connection, { name: topic, partitions })
  return { name, quota, key }
}
