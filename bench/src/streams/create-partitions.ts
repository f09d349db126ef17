import type { ServerProcess } from '@koine/server/testing'
import { KafkaConnection } from '../kafka-connection.ts'
import { adminCall } from './admin.ts'
import { compared } from './comparison.ts'
import type { Group } from './group.ts'
import type { Broker } from './systems.ts'
import { awaitPartitions, createTopic } from './topics.ts'

const partitionsPerTopic = 100
/** Kafka takes so long that not every run can have its own. */
const runsMax = 1

/** A topic of 100 partitions for each of 100 tenants; of Kafka, which has none, for each of 100 prefixes. */
export const createManyPartitions: Group = {
  ids: ['create_partitions'],
  async take(versus) {
    const topics = versus.isSmall ? 4 : 100
    const both = await versus.alternate(
      async (system) => {
        await using home = await system.home()
        await using broker = await system.start(home)
        return await createPartitions(broker, topics)
      },
      { runs: Math.min(runsMax, versus.runs), warmUps: 0 },
    )
    const note = `${topics} topics of ${partitionsPerTopic} partitions, all asked for at once, each over a connection of its own; ours each in a tenant of its own; until every partition tells its end; a fresh process, one run`
    return [compared({ id: 'create_partitions', unit: 'ms', bar: { atMost: 0.5 }, ...both, note })]
  },
}

/** @returns the milliseconds until every partition can be used */
async function createPartitions({ address, server }: Broker, topics: number): Promise<number> {
  using opened = new DisposableStack()
  const connections: KafkaConnection[] = []
  for (let index = 0; index < topics; index++) {
    const connection = server ? await tenantConnection(server, address, index) : await KafkaConnection.connect(address)
    connections.push(opened.use(connection))
  }
  const beforeMs = performance.now()
  await Promise.all(
    connections.map(async (connection, index) => {
      const topic = { name: server ? 'wide' : `tenant-${index}.wide`, partitions: partitionsPerTopic }
      await createTopic(connection, topic)
      await awaitPartitions(connection, topic)
    }),
  )
  return performance.now() - beforeMs
}

/** Of a new tenant. */
async function tenantConnection(server: ServerProcess, address: string, index: number): Promise<KafkaConnection> {
  const { id } = await adminCall<{ id: string }>(server, 'POST', '/v1/tenants', { name: `bench-${index}` })
  const key = await adminCall<{ id: string; secret: string }>(server, 'POST', `/v1/tenants/${id}/api-keys`, {})
  return await KafkaConnection.openAs(address, key)
}
