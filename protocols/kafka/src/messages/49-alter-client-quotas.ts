import { api, array, bool, errorMessage, field, float64, int16, int32, string, struct } from '../schema/index.ts'
import { quotaEntity } from './quota-entity.ts'

export const alterClientQuotas = api({
  key: 49,
  name: 'AlterClientQuotas',
  versions: [0, 1],
  flexibleSince: 1,
  request: [
    field(
      'entries',
      array(
        struct(
          field('entity', quotaEntity),
          field('ops', array(struct(field('key', string), field('value', float64), field('remove', bool)))),
        ),
      ),
    ),
    field('validateOnly', bool),
  ],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    field(
      'entries',
      array(
        struct(
          field('errorCode', int16),
          field('errorMessage', errorMessage, { default: null }),
          field('entity', quotaEntity),
        ),
      ),
    ),
  ],
})
