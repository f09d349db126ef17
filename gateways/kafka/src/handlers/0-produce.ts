import { errorCodes, produce, ProtocolError } from '@koine/protocols-kafka'
import { readRecordBatchHeader, recordBatchHeaderBytes } from '@koine/protocols-kafka/record-batch'
import type { ProduceFailure } from '@koine/services-streams'
import { codeOf, thrownCode } from '../answers/failure-codes.ts'
import { type Call, handler } from '../handler.ts'
import { checkNamed } from '../answers/named-at-once.ts'

/**
 * Versions 0 to 2 carry batches of an older format and are refused one by one. They are advertised all the same: librdkafka
 * before 2.8 takes a higher minimum to mean that the broker knows no compression.
 */
const versionMin = 3
/** From here on clients know what to do when only their transaction is lost (KIP-890). */
const abortableVersion = 11
const acksKnown = new Set([-1, 0, 1])

interface Sent {
  readonly name: string
  readonly index: number
  readonly records: Uint8Array | null
}

interface PartitionAnswer {
  readonly index: number
  readonly errorCode: number
  readonly baseOffset: number
  readonly logAppendTimeMs?: number
  readonly logStartOffset?: number
  readonly recordErrors?: readonly { readonly batchIndex: number; readonly batchIndexErrorMessage: string }[]
  readonly errorMessage?: string
}

export default handler(produce, { versions: [0, 11], mayOverlap: true }, async (request, call) => {
  const { acks, topicData, transactionalId } = request
  const sent = topicData.flatMap(({ partitionData }) => partitionData)
  checkNamed(sent.length + topicData.length)
  const problem = requestProblem({ acks, transactionalId, isTransactional: sent.some(isTransactional) }, call)
  const isAdmitted = problem !== undefined || call.charges.produce(call.requestBytes)
  const refused = isAdmitted ? problem : errorCodes.THROTTLING_QUOTA_EXCEEDED
  // Every append begins before this function first waits: a later request must not get ahead of this one.
  const responses = topicData.map(({ name, partitionData }) => ({
    name,
    answers: partitionData.map((each) =>
      refused === undefined ? append(call, { name, ...each }) : Promise.resolve(refusal(each.index, refused)),
    ),
  }))
  const answered = await Promise.all(
    responses.map(async ({ name, answers }) => ({ name, partitionResponses: await Promise.all(answers) })),
  )
  if (acks !== 0) return { responses: answered }
  // Who takes no answer isn't told of quotas either.
  if (!isAdmitted) return undefined
  const failed = answered.some(({ partitionResponses }) => partitionResponses.some(({ errorCode }) => errorCode !== 0))
  // The end of the connection is all that can tell a producer which takes no answers.
  if (failed) throw new ProtocolError('A produce request that takes no answer failed.')
  return undefined
})

/** Why nothing of the request is appended. */
function requestProblem(
  request: { readonly acks: number; readonly transactionalId: string | null; readonly isTransactional: boolean },
  { version, access }: Call,
): number | undefined {
  if (version < versionMin) return errorCodes.UNSUPPORTED_VERSION
  if (!acksKnown.has(request.acks)) return errorCodes.INVALID_REQUIRED_ACKS
  if (!request.isTransactional) return undefined
  const { transactionalId } = request
  const may = transactionalId !== null && access.may('write', 'transactional-id', transactionalId)
  return may ? undefined : errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
}

const isTransactional = ({ records }: { readonly records: Uint8Array | null }): boolean =>
  records !== null && records.length >= recordBatchHeaderBytes && readRecordBatchHeader(records).isTransactional

async function append({ streams, scope, version, access }: Call, sent: Sent): Promise<PartitionAnswer> {
  const { name, index, records } = sent
  if (!access.may('write', 'topic', name)) return refusal(index, errorCodes.TOPIC_AUTHORIZATION_FAILED)
  if (records === null) return refusal(index, errorCodes.INVALID_RECORD)
  try {
    const outcome = await streams.produce(scope, { topic: name, partition: index }, records)
    if (!outcome.ok) {
      const recordErrors = outcome.records?.map((batchIndex) => ({
        batchIndex,
        batchIndexErrorMessage: outcome.message,
      }))
      const answer = { ...refusal(index, failureCode(outcome.reason, version)), errorMessage: outcome.message }
      return recordErrors ? { ...answer, recordErrors } : answer
    }
    const { baseOffset, startOffset, appendTimeMs = -1 } = outcome
    return { index, errorCode: errorCodes.NONE, baseOffset, logAppendTimeMs: appendTimeMs, logStartOffset: startOffset }
  } catch (thrown) {
    return refusal(index, thrownCode(thrown))
  }
}

const failureCode = (reason: ProduceFailure, version: number): number =>
  reason === 'not-in-transaction' && version >= abortableVersion ? errorCodes.TRANSACTION_ABORTABLE : codeOf(reason)

const refusal = (index: number, errorCode: number): PartitionAnswer => ({ index, errorCode, baseOffset: -1 })
