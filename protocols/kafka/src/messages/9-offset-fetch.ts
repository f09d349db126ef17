import {
  api,
  array,
  bool,
  field,
  int16,
  int32,
  int64,
  nullableArray,
  nullableString,
  string,
  struct,
  uuid,
} from '../schema/index.ts'

/** Null asks for all that the group has committed. */
const wanted = nullableArray(
  struct(
    field('name', string, { until: 9 }),
    field('topicId', uuid, { since: 10 }),
    field('partitionIndexes', array(int32)),
  ),
)

const found = array(
  struct(
    field('name', string, { until: 9 }),
    field('topicId', uuid, { since: 10 }),
    field(
      'partitions',
      array(
        struct(
          field('partitionIndex', int32),
          field('committedOffset', int64),
          field('committedLeaderEpoch', int32, { since: 5, default: -1 }),
          field('metadata', nullableString),
          field('errorCode', int16),
        ),
      ),
    ),
  ),
)

/** Asks for one group up to version 7, for several from 8 on; by the names of topics up to 9, by their ids from 10 on. */
export const offsetFetch = api({
  key: 9,
  name: 'OffsetFetch',
  versions: [1, 10],
  flexibleSince: 6,
  request: [
    field('groupId', string, { until: 7 }),
    field('topics', wanted, { until: 7 }),
    field(
      'groups',
      array(
        struct(
          field('groupId', string),
          field('memberId', nullableString, { since: 9 }),
          field('memberEpoch', int32, { since: 9, default: -1 }),
          field('topics', wanted),
        ),
      ),
      { since: 8 },
    ),
    field('requireStable', bool, { since: 7 }),
  ],
  response: [
    field('throttleTimeMs', int32, { since: 3 }),
    field('topics', found, { until: 7 }),
    field('errorCode', int16, { since: 2, until: 7 }),
    field('groups', array(struct(field('groupId', string), field('topics', found), field('errorCode', int16))), {
      since: 8,
    }),
  ],
})
