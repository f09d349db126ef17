import { api, field, int16, int32, int64, string } from '../schema/index.ts'

export const addOffsetsToTxn = api({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: [0, 4],
  flexibleSince: 3,
  request: [
    field('transactionalId', string),
    field('producerId', int64),
    field('producerEpoch', int16),
    field('groupId', string),
  ],
  response: [field('throttleTimeMs', int32, { default: 0 }), field('errorCode', int16)],
})
