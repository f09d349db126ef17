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

export const incrementalAlterConfigs = api({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: [0, 1],
  flexibleSince: 1,
  request: [
    field(
      'resources',
      array(
        struct(
          /** 2: a topic; 4: a broker. */
          field('resourceType', int8),
          field('resourceName', string),
          field(
            'configs',
            array(
              struct(
                field('name', string),
                /** 0: set; 1: delete; 2: append to a list; 3: subtract from it. */
                field('configOperation', int8),
                field('value', nullableString),
              ),
            ),
          ),
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
