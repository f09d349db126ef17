import { api, array, errorMessage, field, int16, int32, int8, nullableArray, string, struct } from '../schema/index.ts'

export const describeUserScramCredentials = api({
  key: 50,
  name: 'DescribeUserScramCredentials',
  versions: [0, 0],
  flexibleSince: 0,
  request: [
    /** Null or empty: all. */
    field('users', nullableArray(struct(field('name', string)))),
  ],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    field('errorCode', int16),
    field('errorMessage', errorMessage, { default: null }),
    field(
      'results',
      array(
        struct(
          field('user', string),
          field('errorCode', int16),
          field('errorMessage', errorMessage, { default: null }),
          field(
            'credentialInfos',
            array(
              struct(
                /** 1: SCRAM-SHA-256; 2: SCRAM-SHA-512. */
                field('mechanism', int8),
                field('iterations', int32),
              ),
            ),
          ),
        ),
      ),
    ),
  ],
})
