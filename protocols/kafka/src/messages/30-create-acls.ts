import { api, array, errorMessage, field, int16, int32, int8, string, struct } from '../schema/index.ts'
import { aclRule } from './acl.ts'

export const createAcls = api({
  key: 30,
  name: 'CreateAcls',
  versions: [1, 3],
  flexibleSince: 2,
  request: [
    field(
      'creations',
      array(
        struct(
          field('resourceType', int8),
          field('resourceName', string),
          /** 3: literal; 4: prefixed. */
          field('resourcePatternType', int8, { since: 1, default: 3 }),
          ...aclRule,
        ),
      ),
    ),
  ],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    /** One for each creation, in their order. */
    field('results', array(struct(field('errorCode', int16), field('errorMessage', errorMessage, { default: null })))),
  ],
})
