import {
  api,
  array,
  bool,
  field,
  int16,
  int32,
  nullableArray,
  nullableString,
  nullableStruct,
  string,
  struct,
  uuid,
} from '../schema/index.ts'

/** The first partition that didn't fit an answer: where the next begins. */
const cursor = nullableStruct(field('topicName', string), field('partitionIndex', int32))

export const describeTopicPartitions = api({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: [0, 0],
  flexibleSince: 0,
  request: [
    /** Empty: all. */
    field('topics', array(struct(field('name', string)))),
    field('responsePartitionLimit', int32, { default: 2000 }),
    field('cursor', cursor, { default: null }),
  ],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    field(
      'topics',
      array(
        struct(
          field('errorCode', int16),
          field('name', nullableString),
          field('topicId', uuid),
          field('isInternal', bool, { default: false }),
          field(
            'partitions',
            array(
              struct(
                field('errorCode', int16),
                field('partitionIndex', int32),
                field('leaderId', int32),
                field('leaderEpoch', int32, { default: -1 }),
                field('replicaNodes', array(int32)),
                field('isrNodes', array(int32)),
                field('eligibleLeaderReplicas', nullableArray(int32), { default: null }),
                field('lastKnownElr', nullableArray(int32), { default: null }),
                field('offlineReplicas', array(int32)),
              ),
            ),
          ),
          field('topicAuthorizedOperations', int32, { default: -2_147_483_648 }),
        ),
      ),
    ),
    field('nextCursor', cursor, { default: null }),
  ],
})
