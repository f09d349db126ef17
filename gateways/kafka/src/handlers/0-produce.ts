import { errorCodes, produce, ProtocolError } from '@koine/protocols-kafka'
import { codeOf, thrownCode } from '../failure-codes.ts'
import { type Call, handler } from '../handler.ts'

/**
 * Versions 0 to 2 carry batches of an older format and are refused one by one. They are advertised all the same: librdkafka
 * before 2.8 takes a higher minimum to mean that the broker knows no compression.
 */
const versionMin = 3
const acksKnown = new Set([-1, 0, 1])

interface PartitionAnswer {
  readonly index: number
  readonly errorCode: number
  readonly baseOffset: number
  readonly logStartOffset?: number
  readonly errorMessage?: string
}

export default handler(produce, { versions: [0, 11], mayOverlap: true }, async ({ acks, topicData }, call) => {
  // Every append begins before this function first waits: a later request must not get ahead of this one.
  const responses = topicData.map(({ name, partitionData }) => ({
    name,
    answers: partitionData.map(({ index, records }) => append(call, { name, index, acks, records })),
  }))
  const answered = await Promise.all(
    responses.map(async ({ name, answers }) => ({ name, partitionResponses: await Promise.all(answers) })),
  )
  if (acks !== 0) return { responses: answered }
  const failed = answered.some(({ partitionResponses }) => partitionResponses.some(({ errorCode }) => errorCode !== 0))
  // The end of the connection is all that can tell a producer which takes no answers.
  if (failed) throw new ProtocolError('A produce request that takes no answer failed.')
  return undefined
})

async function append(
  { streams, scope, version }: Call,
  { name, index, acks, records }: { name: string; index: number; acks: number; records: Uint8Array | null },
): Promise<PartitionAnswer> {
  if (version < versionMin) return refusal(index, errorCodes.UNSUPPORTED_VERSION)
  if (!acksKnown.has(acks)) return refusal(index, errorCodes.INVALID_REQUIRED_ACKS)
  if (records === null) return refusal(index, errorCodes.INVALID_RECORD)
  try {
    const outcome = await streams.produce(scope, { topic: name, partition: index }, records)
    if (!outcome.ok) return { ...refusal(index, codeOf(outcome.reason)), errorMessage: outcome.message }
    const { baseOffset, startOffset } = outcome
    return { index, errorCode: errorCodes.NONE, baseOffset, logStartOffset: startOffset }
  } catch (thrown) {
    return refusal(index, thrownCode(thrown))
  }
}

const refusal = (index: number, errorCode: number): PartitionAnswer => ({ index, errorCode, baseOffset: -1 })
