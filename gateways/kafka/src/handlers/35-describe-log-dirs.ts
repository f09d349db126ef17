import { describeLogDirs, errorCodes } from '@koine/protocols-kafka'
import { clusterName } from '@koine/services-streams'
import { type Call, handler } from '../handler.ts'
import { checkPartitionsNamed } from '../answers/named-at-once.ts'

/** What tenants see of the disk: one directory that is theirs. Where it really is, and how full, is the operator's. */
const logDir = '/koine'

interface Wanted {
  readonly topic: string
  readonly partitions: readonly number[]
}

export default handler(describeLogDirs, { versions: [1, 4] }, async ({ topics }, call) => {
  checkPartitionsNamed(topics ?? [])
  if (!call.access.may('describe', 'cluster', clusterName)) {
    return { errorCode: errorCodes.CLUSTER_AUTHORIZATION_FAILED, results: [] }
  }
  const described = []
  for (const wanted of topics ?? (await allTopics(call))) described.push(await describe(wanted, call))
  const held = described.filter(({ partitions }) => partitions.length > 0)
  return { errorCode: errorCodes.NONE, results: [{ errorCode: errorCodes.NONE, logDir, topics: held }] }
})

const allTopics = async ({ streams, scope }: Call): Promise<Wanted[]> =>
  (await streams.topics(scope)).map(({ name, partitions }) => ({
    topic: name,
    partitions: [...Array(partitions).keys()],
  }))

async function describe({ topic, partitions }: Wanted, { scope }: Call) {
  const sizes = await Promise.all(
    [...new Set(partitions)].map(async (partition) => ({
      partition,
      bytes: await scope.log.size({ topic, partition }),
    })),
  )
  return {
    name: topic,
    partitions: sizes.flatMap(({ partition, bytes }) =>
      bytes === undefined
        ? []
        : [{ partitionIndex: partition, partitionSize: bytes, offsetLag: 0, isFutureKey: false }],
    ),
  }
}
