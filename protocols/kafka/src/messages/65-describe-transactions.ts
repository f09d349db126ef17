import { api, array, field, int16, int32, int64, string, struct } from '../schema/index.ts'

export const describeTransactions = api({
  key: 65,
  name: 'DescribeTransactions',
  versions: [0, 0],
  flexibleSince: 0,
  request: [field('transactionalIds', array(string))],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    field(
      'transactionStates',
      array(
        struct(
          field('errorCode', int16),
          field('transactionalId', string),
          field('transactionState', string),
          field('transactionTimeoutMs', int32),
          field('transactionStartTimeMs', int64),
          field('producerId', int64),
          field('producerEpoch', int16),
          field('topics', array(struct(field('topic', string), field('partitions', array(int32))))),
        ),
      ),
    ),
  ],
})
