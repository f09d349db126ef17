import { api, array, field, int16, int32, nullableString, string, struct } from '../schema/index.ts'

/** One member leaves up to version 2, several from 3 on. */
export const leaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexibleSince: 4,
  request: [
    field('groupId', string),
    field('memberId', string, { until: 2 }),
    field(
      'members',
      array(
        struct(
          field('memberId', string),
          field('groupInstanceId', nullableString, { default: null }),
          field('reason', nullableString, { since: 5 }),
        ),
      ),
      { since: 3 },
    ),
  ],
  response: [
    field('throttleTimeMs', int32, { since: 1 }),
    field('errorCode', int16),
    field(
      'members',
      array(struct(field('memberId', string), field('groupInstanceId', nullableString), field('errorCode', int16))),
      { since: 3 },
    ),
  ],
})
