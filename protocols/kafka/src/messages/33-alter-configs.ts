import {
  api,
  array,
  bool,
  errorMessage,
  field,
  int16,
  int32,
  int8,
  nullableString,
  string,
  struct,
} from '../schema/index.ts'

/** Replaces all settings of a resource: what isn't named goes back to its default. */
export const alterConfigs = api({
  key: 33,
  name: 'AlterConfigs',
  versions: [0, 2],
  flexibleSince: 2,
  request: [
    field(
      'resources',
      array(
        struct(
          /** 2: a topic; 4: a broker. */
          field('resourceType', int8),
          field('resourceName', string),
          field('configs', array(struct(field('name', string), field('value', nullableString)))),
        ),
      ),
    ),
    field('validateOnly', bool),
  ],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    field(
      'responses',
      array(
        struct(
          field('errorCode', int16),
          field('errorMessage', errorMessage, { default: null }),
          field('resourceType', int8),
          field('resourceName', string),
        ),
      ),
    ),
  ],
})
