import { deleteTopics, errorCodes } from '@koine/protocols-kafka'
import { clusterName } from '@koine/services-streams'
import { codeOf, thrownCode } from '../answers/failure-codes.ts'
import { type Call, handler } from '../handler.ts'
import { checkNamed } from '../answers/named-at-once.ts'
import { throttledMutation, withinMutations } from '../answers/mutations.ts'
import { noTopicId } from '../answers/topic-partitions.ts'

const versionWithIds = 6
/** From here on clients know that they may be told to try again later. */
const strictSince = 5

interface Unwanted {
  readonly name: string | null
  readonly topicId: string
}

export default handler(deleteTopics, { versions: [1, 6] }, async ({ topics, topicNames }, call) => {
  const unwanted: readonly Unwanted[] =
    call.version < versionWithIds ? topicNames.map((name) => ({ name, topicId: noTopicId })) : topics
  checkNamed(unwanted.length)
  const counts = Map.groupBy(unwanted, keyOf)
  const answers = [...counts.values()].map(async ([topic, ...more]) => {
    const problem = problemOf(topic!, more.length > 0)
    return problem === undefined ? await remove(topic!, call) : refusal(topic!, errorCodes.INVALID_REQUEST, problem)
  })
  return { responses: await Promise.all(answers) }
})

const keyOf = ({ name, topicId }: Unwanted): string => (name === null ? `id ${topicId}` : `name ${name}`)

const refusal = ({ name, topicId }: Unwanted, errorCode: number, errorMessage: string | null = null) => ({
  name,
  topicId,
  errorCode,
  errorMessage,
})

function problemOf({ name, topicId }: Unwanted, isRepeated: boolean): string | undefined {
  if (name !== null && topicId !== noTopicId) return 'You may not specify both topic name and topic id.'
  if (name === null && topicId === noTopicId) return 'Neither topic name nor id were specified.'
  if (!isRepeated) return undefined
  return name === null ? 'Duplicate topic id.' : 'Duplicate topic name.'
}

async function remove(unwanted: Unwanted, call: Call) {
  const { streams, scope, access } = call
  try {
    const byId = unwanted.name === null ? await streams.topicById(scope, unwanted.topicId) : undefined
    const name = unwanted.name ?? byId?.name
    if (name === undefined) return refusal(unwanted, errorCodes.UNKNOWN_TOPIC_ID)
    if (!access.may('delete', 'cluster', clusterName)) {
      // Whoever may not see it is not told what it is called, or that it is.
      const mayDescribe = access.may('describe', 'topic', name)
      if (!mayDescribe) return refusal(unwanted, errorCodes.TOPIC_AUTHORIZATION_FAILED)
      const held = byId ?? (await streams.topic(scope, name))
      if (!held) return refusal(unwanted, errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
      const told = { name, topicId: held.id }
      if (!access.may('delete', 'topic', name)) return refusal(told, errorCodes.TOPIC_AUTHORIZATION_FAILED)
    }
    const partitions = (byId ?? (await streams.topic(scope, name)))?.partitions ?? 0
    const outcome = await withinMutations(call, { partitions, strictSince }, () => streams.deleteTopic(scope, name))
    if (!outcome) return { ...refusal(unwanted, throttledMutation.errorCode, throttledMutation.errorMessage), name }
    const told = { name, topicId: unwanted.topicId }
    return outcome.ok ? refusal(told, errorCodes.NONE) : refusal(told, codeOf(outcome.reason), outcome.message)
  } catch (thrown) {
    return refusal(unwanted, thrownCode(thrown))
  }
}
