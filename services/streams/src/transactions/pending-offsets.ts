import { invariant } from '@koine/base'
import { type Attributes, type CommittedOffset, partitionKey, type RecordKey } from '@koine/stores-ports'

const table = 'streams.transactions'
const format = 1

/** An offset that becomes its group's when the transaction commits. */
export interface PendingOffset extends Required<CommittedOffset> {
  readonly group: string
  /** Of the topic that had the name then: it counts for no other. */
  readonly topicId: string
}

/** Offsets of the running transaction of a producer id, which has one at a time. */
export const pendingOffsetsOf = (producerId: number) => ({ table, pk: `offsets/${producerId}` }) as const

/** A topic's name holds no slash, so that the parts of the key stay apart. */
export const pendingOffsetKey = (offset: PendingOffset): string => `${partitionKey(offset)}/${offset.group}`

export const pendingOffsetRecordKey = (producerId: number, offset: PendingOffset): RecordKey => ({
  ...pendingOffsetsOf(producerId),
  sk: pendingOffsetKey(offset),
})

export const pendingOffsetAttributes = (offset: PendingOffset): Attributes => ({ format, ...offset })

export function readPendingOffset(attributes: Attributes): PendingOffset {
  const text = (name: string): string => attributes[name] as string
  const number = (name: string): number => attributes[name] as number
  invariant(attributes['format'] === format, 'a pending offset is in a format of this version')
  return {
    group: text('group'),
    topic: text('topic'),
    topicId: text('topicId'),
    partition: number('partition'),
    offset: number('offset'),
    leaderEpoch: number('leaderEpoch'),
    metadata: text('metadata'),
    committedAtMs: number('committedAtMs'),
  }
}
