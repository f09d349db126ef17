import { api, field, int16, int32, nullableString, string } from '../schema/index.ts'

export const heartbeat = api({
  key: 12,
  name: 'Heartbeat',
  versions: [0, 4],
  flexibleSince: 4,
  request: [
    field('groupId', string),
    field('generationId', int32),
    field('memberId', string),
    field('groupInstanceId', nullableString, { since: 3 }),
  ],
  response: [field('throttleTimeMs', int32, { since: 1 }), field('errorCode', int16)],
})
