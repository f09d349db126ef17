import { api, array, field, int16, int32, string, struct } from '../schema/index.ts'

export const listGroups = api({
  key: 16,
  name: 'ListGroups',
  versions: [0, 5],
  flexibleSince: 3,
  request: [field('statesFilter', array(string), { since: 4 }), field('typesFilter', array(string), { since: 5 })],
  response: [
    field('throttleTimeMs', int32, { since: 1 }),
    field('errorCode', int16),
    field(
      'groups',
      array(
        struct(
          field('groupId', string),
          field('protocolType', string),
          field('groupState', string, { since: 4 }),
          field('groupType', string, { since: 5 }),
        ),
      ),
    ),
  ],
})
