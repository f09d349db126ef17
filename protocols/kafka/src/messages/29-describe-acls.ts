import { api, array, errorMessage, field, int16, int32, int8, string, struct } from '../schema/index.ts'
import { aclFilter, aclRule } from './acl.ts'

export const describeAcls = api({
  key: 29,
  name: 'DescribeAcls',
  versions: [1, 3],
  flexibleSince: 2,
  request: aclFilter,
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    field('errorCode', int16),
    field('errorMessage', errorMessage, { default: null }),
    field(
      'resources',
      array(
        struct(
          field('resourceType', int8),
          field('resourceName', string),
          field('patternType', int8, { since: 1, default: 3 }),
          field('acls', array(struct(...aclRule))),
        ),
      ),
    ),
  ],
})
