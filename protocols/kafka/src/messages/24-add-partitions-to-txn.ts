import { api, array, bool, field, int16, int32, int64, string, struct } from '../schema/index.ts'

const topics = array(struct(field('name', string), field('partitions', array(int32))))

const topicResults = array(
  struct(
    field('name', string),
    field('resultsByPartition', array(struct(field('partitionIndex', int32), field('partitionErrorCode', int16)))),
  ),
)

/** Of one transaction, by its client, up to version 3; of several, by brokers, from 4 on. */
export const addPartitionsToTxn = api({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: [0, 5],
  flexibleSince: 3,
  request: [
    field(
      'transactions',
      array(
        struct(
          field('transactionalId', string),
          field('producerId', int64),
          field('producerEpoch', int16),
          field('verifyOnly', bool, { default: false }),
          field('topics', topics),
        ),
      ),
      { since: 4 },
    ),
    field('v3AndBelowTransactionalId', string, { until: 3 }),
    field('v3AndBelowProducerId', int64, { until: 3 }),
    field('v3AndBelowProducerEpoch', int16, { until: 3 }),
    field('v3AndBelowTopics', topics, { until: 3 }),
  ],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    field('errorCode', int16, { since: 4 }),
    field(
      'resultsByTransaction',
      array(struct(field('transactionalId', string), field('topicResults', topicResults))),
      { since: 4 },
    ),
    field('resultsByTopicV3AndBelow', topicResults, { until: 3 }),
  ],
})
