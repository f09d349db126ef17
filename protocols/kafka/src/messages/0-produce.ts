import {
  api,
  array,
  errorMessage,
  field,
  int16,
  int32,
  int64,
  nullableString,
  optionalStruct,
  records,
  string,
  struct,
} from '../schema/index.ts'
import { nodeEndpoints } from './node-endpoints.ts'

export const produce = api({
  key: 0,
  name: 'Produce',
  versions: [0, 11],
  flexibleSince: 9,
  request: [
    field('transactionalId', nullableString, { since: 3 }),
    /** 0: none, and no response at all; 1 and -1: durable. */
    field('acks', int16),
    field('timeoutMs', int32),
    field(
      'topicData',
      array(
        struct(
          field('name', string),
          field('partitionData', array(struct(field('index', int32), field('records', records)))),
        ),
      ),
    ),
  ],
  response: [
    field(
      'responses',
      array(
        struct(
          field('name', string),
          field(
            'partitionResponses',
            array(
              struct(
                field('index', int32),
                field('errorCode', int16),
                field('baseOffset', int64),
                field('logAppendTimeMs', int64, { since: 2, default: -1 }),
                field('logStartOffset', int64, { since: 5, default: -1 }),
                field(
                  'recordErrors',
                  array(
                    struct(
                      field('batchIndex', int32),
                      field('batchIndexErrorMessage', errorMessage, { default: null }),
                    ),
                  ),
                  { since: 8 },
                ),
                field('errorMessage', errorMessage, { since: 8 }),
                field(
                  'currentLeader',
                  optionalStruct(
                    field('leaderId', int32, { default: -1 }),
                    field('leaderEpoch', int32, { default: -1 }),
                  ),
                  { since: 10, tag: 0 },
                ),
              ),
            ),
          ),
        ),
      ),
    ),
    field('throttleTimeMs', int32, { since: 1 }),
    field('nodeEndpoints', nodeEndpoints, { since: 10, tag: 0 }),
  ],
})
