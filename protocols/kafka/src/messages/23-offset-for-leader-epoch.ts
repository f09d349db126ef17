import { api, array, field, int16, int32, int64, string, struct } from '../schema/index.ts'

export const offsetForLeaderEpoch = api({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: [2, 4],
  flexibleSince: 4,
  request: [
    /** -1 for consumers. */
    field('replicaId', int32, { since: 3, default: -2 }),
    field(
      'topics',
      array(
        struct(
          field('topic', string),
          field(
            'partitions',
            array(
              struct(
                field('partition', int32),
                field('currentLeaderEpoch', int32, { since: 2, default: -1 }),
                field('leaderEpoch', int32),
              ),
            ),
          ),
        ),
      ),
    ),
  ],
  response: [
    field('throttleTimeMs', int32, { since: 2 }),
    field(
      'topics',
      array(
        struct(
          field('topic', string),
          field(
            'partitions',
            array(
              struct(
                field('errorCode', int16),
                field('partition', int32),
                field('leaderEpoch', int32, { since: 1, default: -1 }),
                field('endOffset', int64, { default: -1 }),
              ),
            ),
          ),
        ),
      ),
    ),
  ],
})
