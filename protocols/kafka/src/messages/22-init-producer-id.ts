import { api, field, int16, int32, int64, nullableString } from '../schema/index.ts'

export const initProducerId = api({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 5],
  flexibleSince: 2,
  request: [
    field('transactionalId', nullableString),
    field('transactionTimeoutMs', int32),
    field('producerId', int64, { since: 3, default: -1 }),
    field('producerEpoch', int16, { since: 3, default: -1 }),
  ],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    field('errorCode', int16),
    field('producerId', int64, { default: -1 }),
    field('producerEpoch', int16),
  ],
})
