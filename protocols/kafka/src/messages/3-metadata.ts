import {
  api,
  array,
  bool,
  field,
  int16,
  int32,
  nullableArray,
  nullableString,
  string,
  struct,
  uuid,
} from '../schema/index.ts'

export const metadata = api({
  key: 3,
  name: 'Metadata',
  versions: [0, 13],
  flexibleSince: 9,
  request: [
    /** All topics: null, or in version 0 an empty array. */
    field('topics', nullableArray(struct(field('topicId', uuid, { since: 10 }), field('name', nullableString)))),
    field('allowAutoTopicCreation', bool, { since: 4, default: true }),
    field('includeClusterAuthorizedOperations', bool, { since: 8, until: 10 }),
    field('includeTopicAuthorizedOperations', bool, { since: 8 }),
  ],
  response: [
    field('throttleTimeMs', int32, { since: 3 }),
    field(
      'brokers',
      array(
        struct(
          field('nodeId', int32),
          field('host', string),
          field('port', int32),
          field('rack', nullableString, { since: 1 }),
        ),
      ),
    ),
    field('clusterId', nullableString, { since: 2 }),
    field('controllerId', int32, { since: 1, default: -1 }),
    field(
      'topics',
      array(
        struct(
          field('errorCode', int16),
          field('name', nullableString),
          field('topicId', uuid, { since: 10 }),
          field('isInternal', bool, { since: 1 }),
          field(
            'partitions',
            array(
              struct(
                field('errorCode', int16),
                field('partitionIndex', int32),
                field('leaderId', int32),
                field('leaderEpoch', int32, { since: 7, default: -1 }),
                field('replicaNodes', array(int32)),
                field('isrNodes', array(int32)),
                field('offlineReplicas', array(int32), { since: 5 }),
              ),
            ),
          ),
          field('topicAuthorizedOperations', int32, { since: 8, default: -2_147_483_648 }),
        ),
      ),
    ),
    field('clusterAuthorizedOperations', int32, { since: 8, until: 10, default: -2_147_483_648 }),
    field('errorCode', int16, { since: 13 }),
  ],
})
