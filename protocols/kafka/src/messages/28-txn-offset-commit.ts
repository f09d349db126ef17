import { api, array, field, int16, int32, int64, nullableString, string, struct } from '../schema/index.ts'

export const txnOffsetCommit = api({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: [0, 5],
  flexibleSince: 3,
  request: [
    field('transactionalId', string),
    field('groupId', string),
    field('producerId', int64),
    field('producerEpoch', int16),
    field('generationId', int32, { since: 3, default: -1 }),
    field('memberId', string, { since: 3 }),
    field('groupInstanceId', nullableString, { since: 3 }),
    field(
      'topics',
      array(
        struct(
          field('name', string),
          field(
            'partitions',
            array(
              struct(
                field('partitionIndex', int32),
                field('committedOffset', int64),
                field('committedLeaderEpoch', int32, { since: 2, default: -1 }),
                field('committedMetadata', nullableString),
              ),
            ),
          ),
        ),
      ),
    ),
  ],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    field(
      'topics',
      array(
        struct(
          field('name', string),
          field('partitions', array(struct(field('partitionIndex', int32), field('errorCode', int16)))),
        ),
      ),
    ),
  ],
})
