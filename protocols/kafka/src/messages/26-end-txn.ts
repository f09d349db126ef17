import { api, bool, field, int16, int32, int64, string } from '../schema/index.ts'

export const endTxn = api({
  key: 26,
  name: 'EndTxn',
  versions: [0, 5],
  flexibleSince: 3,
  request: [
    field('transactionalId', string),
    field('producerId', int64),
    field('producerEpoch', int16),
    field('committed', bool),
  ],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    field('errorCode', int16),
    field('producerId', int64, { since: 5, default: -1 }),
    field('producerEpoch', int16, { since: 5, default: -1 }),
  ],
})
