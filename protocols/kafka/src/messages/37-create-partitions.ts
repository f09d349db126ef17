import { api, array, bool, errorMessage, field, int16, int32, nullableArray, string, struct } from '../schema/index.ts'

export const createPartitions = api({
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexibleSince: 2,
  request: [
    field(
      'topics',
      array(
        struct(
          field('name', string),
          /** How many there are to be, those that exist included. */
          field('count', int32),
          field('assignments', nullableArray(struct(field('brokerIds', array(int32))))),
        ),
      ),
    ),
    field('timeoutMs', int32),
    field('validateOnly', bool),
  ],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    field(
      'results',
      array(
        struct(
          field('name', string),
          field('errorCode', int16),
          field('errorMessage', errorMessage, { default: null }),
        ),
      ),
    ),
  ],
})
