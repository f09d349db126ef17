import { api, array, errorMessage, field, int16, int32, int64, string, struct } from '../schema/index.ts'

export const describeProducers = api({
  key: 61,
  name: 'DescribeProducers',
  versions: [0, 0],
  flexibleSince: 0,
  request: [field('topics', array(struct(field('name', string), field('partitionIndexes', array(int32)))))],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
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
                field('errorMessage', errorMessage, { default: null }),
                field(
                  'activeProducers',
                  array(
                    struct(
                      field('producerId', int64),
                      field('producerEpoch', int32),
                      field('lastSequence', int32, { default: -1 }),
                      field('lastTimestamp', int64, { default: -1 }),
                      field('coordinatorEpoch', int32),
                      /** -1: it has no transaction open here. */
                      field('currentTxnStartOffset', int64, { default: -1 }),
                    ),
                  ),
                ),
              ),
            ),
          ),
        ),
      ),
    ),
  ],
})
