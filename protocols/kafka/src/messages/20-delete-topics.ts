import { api, array, errorMessage, field, int16, int32, nullableString, string, struct, uuid } from '../schema/index.ts'

/** By name up to version 5, by name or id from 6 on. */
export const deleteTopics = api({
  key: 20,
  name: 'DeleteTopics',
  versions: [1, 6],
  flexibleSince: 4,
  request: [
    field('topics', array(struct(field('name', nullableString, { default: null }), field('topicId', uuid))), {
      since: 6,
    }),
    field('topicNames', array(string), { until: 5 }),
    field('timeoutMs', int32),
  ],
  response: [
    field('throttleTimeMs', int32, { since: 1 }),
    field(
      'responses',
      array(
        struct(
          field('name', nullableString),
          field('topicId', uuid, { since: 6 }),
          field('errorCode', int16),
          field('errorMessage', errorMessage, { since: 5 }),
        ),
      ),
    ),
  ],
})
