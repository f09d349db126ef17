import { KafkaConnection } from '../kafka-connection.ts'
import type { Broker } from './systems.ts'
import { awaitPartitions, createTopic } from './topics.ts'
import type { ServerProcess } from '@koine/server/testing'

const partitionsPerTopic = 100

/**
 * Creates topics of 100 partitions, all at once, each over a connection of its own that is open already.
 * @returns the milliseconds until every partition can be used
 */
export async function createPartitions({ address, server }: Broker, topics: number): Promise<number> {
  using opened = new DisposableStack()
  const connections: KafkaConnection[] = []
  for (let index = 0; index < topics; index++) {
    const connection = server ? await tenantConnection(server, address, index) : await KafkaConnection.connect(address)
    connections.push(opened.use(connection))
  }
  const beforeMs = performance.now()
  await Promise.all(
    connections.map(async (connection, index) => {
      const topic = { name: `wide-${index}`, partitions: partitionsPerTopic }
      await createTopic(connection, topic)
      await awaitPartitions(connection, topic)
    }),
  )
  return performance.now() - beforeMs
}

/** Of a new tenant. */
async function tenantConnection(
  { http, demo }: ServerProcess,
  address: string,
  index: number,
): Promise<KafkaConnection> {
  const post = async <T>(path: string, body: unknown): Promise<T> => {
    const headers = { authorization: `Bearer ${demo.adminToken}`, 'content-type': 'application/json' }
    const response = await fetch(`${http}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }
  const { id } = await post<{ id: string }>('/v1/tenants', { name: `bench-${index}` })
  const key = await post<{ id: string; secret: string }>(`/v1/tenants/${id}/api-keys`, {})
  return await KafkaConnection.openAs(address, key)
}
