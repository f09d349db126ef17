import {
  api,
  array,
  bool,
  errorMessage,
  field,
  float64,
  int16,
  int32,
  int8,
  nullableArray,
  nullableString,
  string,
  struct,
} from '../schema/index.ts'
import { quotaEntity } from './quota-entity.ts'

export const describeClientQuotas = api({
  key: 48,
  name: 'DescribeClientQuotas',
  versions: [0, 1],
  flexibleSince: 1,
  request: [
    field(
      'components',
      array(
        struct(
          field('entityType', string),
          /** 0: the name in `match`; 1: the default; 2: any that is named. */
          field('matchType', int8),
          field('match', nullableString),
        ),
      ),
    ),
    /** Leaves out entities that have components beyond those asked for. */
    field('strict', bool),
  ],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    field('errorCode', int16),
    field('errorMessage', errorMessage, { default: null }),
    field(
      'entries',
      nullableArray(
        struct(
          field('entity', quotaEntity),
          field('values', array(struct(field('key', string), field('value', float64)))),
        ),
      ),
    ),
  ],
})
