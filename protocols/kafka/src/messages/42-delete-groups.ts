import { api, array, field, int16, int32, string, struct } from '../schema/index.ts'

export const deleteGroups = api({
  key: 42,
  name: 'DeleteGroups',
  versions: [0, 2],
  flexibleSince: 2,
  request: [field('groupsNames', array(string))],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    field('results', array(struct(field('groupId', string), field('errorCode', int16)))),
  ],
})
