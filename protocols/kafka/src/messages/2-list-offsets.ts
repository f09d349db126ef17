import { api, array, field, int16, int32, int64, int8, string, struct } from '../schema/index.ts'

export const listOffsets = api({
  key: 2,
  name: 'ListOffsets',
  versions: [1, 11],
  flexibleSince: 6,
  request: [
    field('replicaId', int32),
    field('isolationLevel', int8, { since: 2 }),
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
                field('currentLeaderEpoch', int32, { since: 4, default: -1 }),
                /** -1 latest, -2 earliest, -3 of the largest timestamp, -4 earliest local, -5 latest tiered, -6 earliest untiered. */
                field('timestamp', int64),
              ),
            ),
          ),
        ),
      ),
    ),
    field('timeoutMs', int32, { since: 10 }),
  ],
  response: [
    field('throttleTimeMs', int32, { since: 2 }),
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
                field('errorCode', int16),
                field('timestamp', int64, { since: 1, default: -1 }),
                field('offset', int64, { since: 1, default: -1 }),
                field('leaderEpoch', int32, { since: 4, default: -1 }),
              ),
            ),
          ),
        ),
      ),
    ),
  ],
})
