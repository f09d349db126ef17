import { api, array, bytes, errorMessage, field, int16, int32, int8, string, struct } from '../schema/index.ts'

export const alterUserScramCredentials = api({
  key: 51,
  name: 'AlterUserScramCredentials',
  versions: [0, 0],
  flexibleSince: 0,
  request: [
    /** Mechanisms: 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. */
    field('deletions', array(struct(field('name', string), field('mechanism', int8)))),
    field(
      'upsertions',
      array(
        struct(
          field('name', string),
          field('mechanism', int8),
          field('iterations', int32),
          field('salt', bytes),
          field('saltedPassword', bytes),
        ),
      ),
    ),
  ],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    field(
      'results',
      array(
        struct(
          field('user', string),
          field('errorCode', int16),
          field('errorMessage', errorMessage, { default: null }),
        ),
      ),
    ),
  ],
})
