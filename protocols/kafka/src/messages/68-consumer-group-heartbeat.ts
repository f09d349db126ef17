import {
  api,
  array,
  errorMessage,
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

const topicPartitions = struct(field('topicId', uuid), field('partitions', array(int32)))

/** In a request null, and -1 of the timeout, mean: as before. */
export const consumerGroupHeartbeat = api({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: [0, 1],
  flexibleSince: 0,
  request: [
    field('groupId', string),
    field('memberId', string),
    /** 0: joins; -1: leaves; -2: leaves for a while, as a static member. */
    field('memberEpoch', int32),
    field('instanceId', nullableString, { default: null }),
    field('rackId', nullableString, { default: null }),
    field('rebalanceTimeoutMs', int32, { default: -1 }),
    field('subscribedTopicNames', nullableArray(string), { default: null }),
    field('subscribedTopicRegex', nullableString, { since: 1 }),
    field('serverAssignor', nullableString, { default: null }),
    /** What the member owns. */
    field('topicPartitions', nullableArray(topicPartitions), { default: null }),
  ],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    field('errorCode', int16),
    field('errorMessage', errorMessage, { default: null }),
    field('memberId', nullableString, { default: null }),
    field('memberEpoch', int32),
    field('heartbeatIntervalMs', int32),
    /** Null: nothing has changed for the member. */
    field('assignment', nullableStruct(field('topicPartitions', array(topicPartitions))), { default: null }),
  ],
})
