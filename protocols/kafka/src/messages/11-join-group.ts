import { api, array, bool, bytes, field, int16, int32, nullableString, string, struct } from '../schema/index.ts'

export const joinGroup = api({
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexibleSince: 6,
  request: [
    field('groupId', string),
    field('sessionTimeoutMs', int32),
    field('rebalanceTimeoutMs', int32, { since: 1, default: -1 }),
    field('memberId', string),
    field('groupInstanceId', nullableString, { since: 5 }),
    field('protocolType', string),
    field('protocols', array(struct(field('name', string), field('metadata', bytes)))),
    field('reason', nullableString, { since: 8 }),
  ],
  response: [
    field('throttleTimeMs', int32, { since: 2 }),
    field('errorCode', int16),
    field('generationId', int32, { default: -1 }),
    field('protocolType', nullableString, { since: 7 }),
    field('protocolName', nullableString),
    field('leader', string),
    field('skipAssignment', bool, { since: 9 }),
    field('memberId', string),
    field(
      'members',
      array(
        struct(
          field('memberId', string),
          field('groupInstanceId', nullableString, { since: 5 }),
          field('metadata', bytes),
        ),
      ),
    ),
  ],
})
