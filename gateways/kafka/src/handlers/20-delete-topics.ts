import { deleteTopics, errorCodes } from '@koine/protocols-kafka'
import { codeOf, thrownCode } from '../failure-codes.ts'
import { type Call, handler } from '../handler.ts'

const versionWithIds = 6
const noTopicId = '0'.repeat(32)

interface Unwanted {
  readonly name: string | null
  readonly topicId: string
}

export default handler(deleteTopics, { versions: [1, 6] }, async ({ topics, topicNames }, call) => {
  const unwanted: readonly Unwanted[] =
    call.version < versionWithIds ? topicNames.map((name) => ({ name, topicId: noTopicId })) : topics
  return { responses: await Promise.all(unwanted.map((topic) => remove(topic, call))) }
})

async function remove({ name: givenName, topicId }: Unwanted, { streams, scope }: Call) {
  const name = givenName ?? (await streams.topicById(scope, topicId))?.name
  if (name === undefined) return { name: null, topicId, errorCode: errorCodes.UNKNOWN_TOPIC_ID }
  try {
    const outcome = await streams.deleteTopic(scope, name)
    if (outcome.ok) return { name, topicId, errorCode: errorCodes.NONE }
    return { name, topicId, errorCode: codeOf(outcome.reason), errorMessage: outcome.message }
  } catch (thrown) {
    return { name, topicId, errorCode: thrownCode(thrown) }
  }
}
