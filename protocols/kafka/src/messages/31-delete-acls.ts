import { api, array, errorMessage, field, int16, int32, int8, string, struct } from '../schema/index.ts'
import { aclFilter, aclRule } from './acl.ts'

export const deleteAcls = api({
  key: 31,
  name: 'DeleteAcls',
  versions: [1, 3],
  flexibleSince: 2,
  request: [field('filters', array(struct(...aclFilter)))],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    /** One for each filter, in their order. */
    field(
      'filterResults',
      array(
        struct(
          field('errorCode', int16),
          field('errorMessage', errorMessage, { default: null }),
          field(
            'matchingAcls',
            array(
              struct(
                field('errorCode', int16),
                field('errorMessage', errorMessage, { default: null }),
                field('resourceType', int8),
                field('resourceName', string),
                field('patternType', int8, { since: 1, default: 3 }),
                ...aclRule,
              ),
            ),
          ),
        ),
      ),
    ),
  ],
})
