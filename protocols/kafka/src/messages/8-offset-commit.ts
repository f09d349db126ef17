import { api, array, field, int16, int32, int64, nullableString, string, struct, uuid } from '../schema/index.ts'

/** Topics go by name up to version 9, by id from 10 on. */
export const offsetCommit = api({
  key: 8,
  name: 'OffsetCommit',
  versions: [2, 10],
  flexibleSince: 8,
  request: [
    field('groupId', string),
    field('generationIdOrMemberEpoch', int32, { since: 1, default: -1 }),
    field('memberId', string, { since: 1 }),
    field('groupInstanceId', nullableString, { since: 7 }),
    field('retentionTimeMs', int64, { since: 2, until: 4, default: -1 }),
    field(
      'topics',
      array(
        struct(
          field('name', string, { until: 9 }),
          field('topicId', uuid, { since: 10 }),
          field(
            'partitions',
            array(
              struct(
                field('partitionIndex', int32),
                field('committedOffset', int64),
                field('committedLeaderEpoch', int32, { since: 6, default: -1 }),
                field('committedMetadata', nullableString),
              ),
            ),
          ),
        ),
      ),
    ),
  ],
  response: [
    field('throttleTimeMs', int32, { since: 3 }),
    field(
      'topics',
      array(
        struct(
          field('name', string, { until: 9 }),
          field('topicId', uuid, { since: 10 }),
          field('partitions', array(struct(field('partitionIndex', int32), field('errorCode', int16)))),
        ),
      ),
    ),
  ],
})
