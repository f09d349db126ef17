import { errorCodes, offsetForLeaderEpoch } from '@koine/protocols-kafka'
import { clusterName } from '@koine/services-streams'
import { type Call, handler } from '../handler.ts'
import { checkPartitionsNamed } from '../answers/named-at-once.ts'
import { leaderEpoch as epochOfAll } from '../answers/topic-partitions.ts'

/** The client doesn't know one, or there is none. */
const noEpoch = -1
const noOffset = -1

interface Asked {
  readonly partition: number
  readonly currentLeaderEpoch: number
  readonly leaderEpoch: number
}

/** Every record of a partition was written in its one epoch, which lasts. */
export default handler(offsetForLeaderEpoch, { versions: [2, 4], mayOverlap: true }, async ({ topics }, call) => {
  checkPartitionsNamed(topics)
  return {
    topics: await Promise.all(
      topics.map(async ({ topic, partitions }) => ({
        topic,
        partitions: await Promise.all(partitions.map((asked) => endOf(topic, asked, call))),
      })),
    ),
  }
})

async function endOf(topic: string, asked: Asked, { scope, access }: Call) {
  const { partition, currentLeaderEpoch, leaderEpoch } = asked
  const answer = (errorCode: number, epoch = noEpoch, endOffset = noOffset) => ({
    errorCode,
    partition,
    leaderEpoch: epoch,
    endOffset,
  })
  const mayAsk = access.may('describe', 'topic', topic) || access.may('cluster-action', 'cluster', clusterName)
  if (!mayAsk) return answer(errorCodes.TOPIC_AUTHORIZATION_FAILED)
  const bounds = await scope.log.bounds({ topic, partition })
  if (!bounds) return answer(errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  if (currentLeaderEpoch > epochOfAll) return answer(errorCodes.UNKNOWN_LEADER_EPOCH)
  if (currentLeaderEpoch !== noEpoch && currentLeaderEpoch < epochOfAll) return answer(errorCodes.FENCED_LEADER_EPOCH)
  if (leaderEpoch !== epochOfAll) return answer(errorCodes.NONE)
  return answer(errorCodes.NONE, epochOfAll, bounds.endOffset)
}
