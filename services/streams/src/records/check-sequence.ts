import type { FlyingBatch, SequenceFields } from './in-flight.ts'
import { type ProduceOutcome, refused } from './produce-outcome.ts'
import { type ProducerState, sequenceAfter } from './producer-state.ts'

export interface KnownOfProducer {
  /** What the log holds; undefined when it isn't known. */
  readonly state: Readonly<ProducerState> | undefined
  readonly flying: readonly FlyingBatch[]
  /** The sequence of an earlier batch that couldn't be appended, where nothing of the producer could yet. */
  readonly failedStart?: number | undefined
  /** For the answer to a batch that the log holds already. */
  readonly startOffset: number
  /** The records' times are the log's own: the answer tells them again. */
  readonly isTimedByLog?: boolean
}

/** The answer for a batch that must not be appended; undefined when it is the producer's next one. */
export function answerWithoutAppend(
  batch: SequenceFields,
  known: KnownOfProducer,
): ProduceOutcome | Promise<ProduceOutcome> | undefined {
  return earlierOutcome(batch, known) ?? sequenceProblem(batch, known)
}

/** What became of the batch when it was sent before. */
function earlierOutcome(
  batch: SequenceFields,
  { state, flying, startOffset, isTimedByLog = false }: KnownOfProducer,
): ProduceOutcome | Promise<ProduceOutcome> | undefined {
  const onItsWay = flying.find(({ fields }) => isSame(fields, batch))
  if (onItsWay) return onItsWay.outcome
  if (state?.epoch !== batch.producerEpoch) return undefined
  const { baseSequence, lastOffsetDelta } = batch
  const earlier = state.sent.find(
    (sent) => sent.baseSequence === baseSequence && sent.recordCount === lastOffsetDelta + 1,
  )
  if (!earlier) return undefined
  const { baseOffset, timestampMs } = earlier
  return { ok: true, baseOffset, startOffset, ...(isTimedByLog && { appendTimeMs: timestampMs }) }
}

const isSame = (a: SequenceFields, b: SequenceFields): boolean =>
  !a.isControl &&
  a.producerEpoch === b.producerEpoch &&
  a.baseSequence === b.baseSequence &&
  a.lastOffsetDelta === b.lastOffsetDelta

/**
 * A producer that isn't known (new, or forgotten) may start anywhere, as in Kafka since 2.5; in a newer epoch it starts at 0.
 */
function sequenceProblem(batch: SequenceFields, known: KnownOfProducer): ProduceOutcome | undefined {
  const { producerId, producerEpoch, baseSequence } = batch
  const next = expected(known)
  if (!next) return known.failedStart === undefined ? undefined : outOfOrder(batch, known.failedStart)
  if (producerEpoch < next.epoch) {
    return refused('stale-producer-epoch', `Producer ${producerId} has a newer epoch than this batch.`)
  }
  const sequence = producerEpoch > next.epoch ? 0 : next.sequence
  if (baseSequence === sequence) return undefined
  return outOfOrder(batch, sequence)
}

const outOfOrder = ({ producerId, baseSequence }: SequenceFields, next: number): ProduceOutcome =>
  refused('out-of-order-sequence', `Producer ${producerId} sent sequence ${baseSequence} where ${next} is next.`)

interface Expected {
  readonly epoch: number
  readonly sequence: number
}

function expected({ state, flying }: KnownOfProducer): Expected | undefined {
  const last = state?.sent.at(-1)
  let next: Expected | undefined = state && { epoch: state.epoch, sequence: last ? sequenceAfter(last) : 0 }
  for (const { fields } of flying) {
    const { producerEpoch, baseSequence, lastOffsetDelta } = fields
    if (!fields.isControl) {
      next = { epoch: producerEpoch, sequence: sequenceAfter({ baseSequence, recordCount: lastOffsetDelta + 1 }) }
    } else if (next?.epoch !== producerEpoch) next = { epoch: producerEpoch, sequence: 0 }
  }
  return next
}

/** The epoch that the producer is in; undefined when the producer isn't known. */
export const epochOf = (known: Omit<KnownOfProducer, 'startOffset'>): number | undefined =>
  expected({ ...known, startOffset: 0 })?.epoch
