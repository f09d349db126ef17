import { createTopics, errorCodes, fetch, produce, saslAuthenticate, saslHandshake } from '@koine/protocols-kafka'
import {
  checkRecordBatch,
  decodeRecordBatch,
  encodeRecordBatch,
  splitRecordBatches,
} from '@koine/protocols-kafka/record-batch'
import { type Clock, invariant } from '@koine/base'
import { ProbeFailure, type ProbeStage } from './probe-failure.ts'
import { type WireAddress, WireClient } from './wire-client.ts'

export const probeTopic = 'probe'
const partition = 0
const retentionMs = 60_000
/** A fetch waits on the server for so long at most. */
const waitMsMax = 1_000
const batchBytesMax = 16 * 1024

export interface ProbeRound {
  readonly address: WireAddress
  readonly credential: { readonly id: string; readonly secret: string }
  readonly clock: Clock
  /** What the record says: never the same twice. */
  readonly text: string
  /** Whether the topic was there in an earlier round. */
  readonly hasTopic: boolean
  /** Ends the round, whatever it waits for. */
  readonly signal: AbortSignal
  /** Told what is done next. */
  readonly onStage: (stage: ProbeStage) => void
}

/** Milliseconds. */
export interface ProbeTimes {
  /** TCP, and TLS where the listener has it. */
  readonly connectMs: number
  readonly signInMs: number
  /** Until the record is acknowledged, durable. */
  readonly produceMs: number
  /** From asking for it until it is read. */
  readonly fetchMs: number
  /** From sending the record until it is read. */
  readonly roundTripMs: number
}

/**
 * What a client does from the outside: it connects, signs in, writes a record and reads it back.
 * @throws ProbeFailure
 */
export async function runProbeRound(round: ProbeRound): Promise<ProbeTimes> {
  const { address, clock, signal, onStage } = round
  const timed = async <T>(stage: ProbeStage, action: () => Promise<T>): Promise<{ result: T; ms: number }> => {
    onStage(stage)
    const startedMs = clock.monotonic()
    const result = await action()
    return { result, ms: clock.monotonic() - startedMs }
  }
  const connecting = await timed('connect', () => WireClient.connect(address, { clock, signal }))
  using client = connecting.result
  const signedIn = await timed('sign-in', () => signIn(client, round))
  if (!round.hasTopic) await timed('topic', () => makeTopic(client))
  const startedMs = clock.monotonic()
  const produced = await timed('produce', () => produceRecord(client, round))
  const fetched = await timed('fetch', () => fetchRecord(client, produced.result, round))
  return {
    connectMs: connecting.ms,
    signInMs: signedIn.ms,
    produceMs: produced.ms,
    fetchMs: fetched.ms,
    roundTripMs: clock.monotonic() - startedMs,
  }
}

async function signIn(client: WireClient, { credential: { id, secret } }: ProbeRound): Promise<void> {
  refuseError(await client.call(saslHandshake, 1, { mechanism: 'PLAIN' }))
  refuseError(await client.call(saslAuthenticate, 2, { authBytes: Buffer.from(`\0${id}\0${secret}`) }))
}

async function makeTopic(client: WireClient): Promise<void> {
  const configs = [{ name: 'retention.ms', value: String(retentionMs) }]
  const topic = { name: probeTopic, numPartitions: 1, replicationFactor: 1, assignments: [], configs }
  const { topics } = await client.call(createTopics, 5, { topics: [topic], timeoutMs: 10_000 })
  const [made] = topics
  if (made?.errorCode !== errorCodes.TOPIC_ALREADY_EXISTS) refuseError(made)
}

/** @returns the record's offset */
async function produceRecord(client: WireClient, { clock, text }: ProbeRound): Promise<number> {
  const records = encodeRecordBatch({
    records: [{ key: null, value: Buffer.from(text), timestampMs: clock.now() }],
  })
  const { responses } = await client.call(produce, 9, {
    acks: -1,
    timeoutMs: 30_000,
    topicData: [{ name: probeTopic, partitionData: [{ index: partition, records }] }],
  })
  const answer = responses[0]?.partitionResponses[0]
  refuseError(answer)
  invariant(answer, 'What is absent is refused.')
  return answer.baseOffset
}

/** Until the record is there: a client that is throttled gets nothing at first. */
async function fetchRecord(client: WireClient, offset: number, { text }: ProbeRound): Promise<void> {
  for (;;) {
    const wanted = { partition, fetchOffset: offset, partitionMaxBytes: batchBytesMax }
    const { errorCode, responses } = await client.call(fetch, 11, {
      maxWaitMs: waitMsMax,
      minBytes: 1,
      maxBytes: batchBytesMax,
      topics: [{ topic: probeTopic, partitions: [wanted] }],
      forgottenTopicsData: [],
      rackId: '',
    })
    refuseError({ errorCode })
    const answer = responses[0]?.partitions[0]
    refuseError(answer)
    const found = valueAt(answer?.records ?? new Uint8Array(0), offset)
    if (found === text) return
    if (found !== undefined) throw new ProbeFailure('wrong', 'What was read is not what was written.')
  }
}

/** The text of the record at an offset; undefined when nothing came. */
function valueAt(bytes: Uint8Array, offset: number): string | undefined {
  if (bytes.length === 0) return undefined
  const split = splitRecordBatches(bytes)
  const batches = split.ok ? split.batches : []
  if (!split.ok || !batches.every((batch) => checkRecordBatch(batch).ok)) {
    throw new ProbeFailure('wrong', 'What was read is not intact.')
  }
  const records = batches.flatMap((batch) => decodeRecordBatch(batch).records)
  const found = records.find((record) => record.offset === offset)
  return Buffer.from(found?.value ?? []).toString()
}

const nameOf = new Map<number, string>(Object.entries(errorCodes).map(([name, code]) => [code, name]))

function refuseError(answer: { readonly errorCode: number } | undefined): void {
  if (!answer) throw new ProbeFailure('wrong', 'The answer leaves out what was asked for.')
  const { errorCode } = answer
  if (errorCode === errorCodes.NONE) return
  throw new ProbeFailure('error', `The answer was ${nameOf.get(errorCode) ?? `error ${errorCode}`}.`)
}
