import {
  api,
  array,
  field,
  int16,
  int32,
  int64,
  int8,
  nullableArray,
  nullableString,
  optionalStruct,
  records,
  string,
  struct,
  uuid,
} from '../schema/index.ts'
import { nodeEndpoints } from './node-endpoints.ts'

export const fetch = api({
  key: 1,
  name: 'Fetch',
  versions: [4, 16],
  flexibleSince: 12,
  request: [
    field('clusterId', nullableString, { since: 12, tag: 0 }),
    /** -1 for consumers. */
    field('replicaId', int32, { until: 14, default: -1 }),
    field(
      'replicaState',
      optionalStruct(field('replicaId', int32, { default: -1 }), field('replicaEpoch', int64, { default: -1 })),
      { since: 15, tag: 1 },
    ),
    field('maxWaitMs', int32),
    field('minBytes', int32),
    field('maxBytes', int32, { since: 3, default: 0x7fff_ffff }),
    /** 0: all records; 1: committed ones. */
    field('isolationLevel', int8, { since: 4 }),
    field('sessionId', int32, { since: 7 }),
    field('sessionEpoch', int32, { since: 7, default: -1 }),
    field(
      'topics',
      array(
        struct(
          field('topic', string, { until: 12 }),
          field('topicId', uuid, { since: 13 }),
          field(
            'partitions',
            array(
              struct(
                field('partition', int32),
                field('currentLeaderEpoch', int32, { since: 9, default: -1 }),
                field('fetchOffset', int64),
                field('lastFetchedEpoch', int32, { since: 12, default: -1 }),
                field('logStartOffset', int64, { since: 5, default: -1 }),
                field('partitionMaxBytes', int32),
              ),
            ),
          ),
        ),
      ),
    ),
    field(
      'forgottenTopicsData',
      array(
        struct(
          field('topic', string, { since: 7, until: 12 }),
          field('topicId', uuid, { since: 13 }),
          field('partitions', array(int32)),
        ),
      ),
      { since: 7 },
    ),
    field('rackId', string, { since: 11 }),
  ],
  response: [
    field('throttleTimeMs', int32, { since: 1 }),
    field('errorCode', int16, { since: 7 }),
    field('sessionId', int32, { since: 7 }),
    field(
      'responses',
      array(
        struct(
          field('topic', string, { until: 12 }),
          field('topicId', uuid, { since: 13 }),
          field(
            'partitions',
            array(
              struct(
                field('partitionIndex', int32),
                field('errorCode', int16),
                field('highWatermark', int64),
                field('lastStableOffset', int64, { since: 4, default: -1 }),
                field('logStartOffset', int64, { since: 5, default: -1 }),
                field(
                  'divergingEpoch',
                  optionalStruct(field('epoch', int32, { default: -1 }), field('endOffset', int64, { default: -1 })),
                  { since: 12, tag: 0 },
                ),
                field(
                  'currentLeader',
                  optionalStruct(
                    field('leaderId', int32, { default: -1 }),
                    field('leaderEpoch', int32, { default: -1 }),
                  ),
                  { since: 12, tag: 1 },
                ),
                field(
                  'snapshotId',
                  optionalStruct(field('endOffset', int64, { default: -1 }), field('epoch', int32, { default: -1 })),
                  { since: 12, tag: 2 },
                ),
                field(
                  'abortedTransactions',
                  nullableArray(struct(field('producerId', int64), field('firstOffset', int64))),
                  { since: 4 },
                ),
                field('preferredReadReplica', int32, { since: 11, default: -1 }),
                field('records', records),
              ),
            ),
          ),
        ),
      ),
    ),
    field('nodeEndpoints', nodeEndpoints, { since: 16, tag: 0 }),
  ],
})
