import { api, array, bytes, field, int16, int32, nullableString, string, struct } from '../schema/index.ts'

export const syncGroup = api({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexibleSince: 4,
  request: [
    field('groupId', string),
    field('generationId', int32),
    field('memberId', string),
    field('groupInstanceId', nullableString, { since: 3 }),
    field('protocolType', nullableString, { since: 5 }),
    field('protocolName', nullableString, { since: 5 }),
    field('assignments', array(struct(field('memberId', string), field('assignment', bytes)))),
  ],
  response: [
    field('throttleTimeMs', int32, { since: 1 }),
    field('errorCode', int16),
    field('protocolType', nullableString, { since: 5 }),
    field('protocolName', nullableString, { since: 5 }),
    field('assignment', bytes),
  ],
})
