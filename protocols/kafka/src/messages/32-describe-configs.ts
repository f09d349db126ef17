import {
  api,
  array,
  bool,
  errorMessage,
  field,
  int16,
  int32,
  int8,
  nullableArray,
  nullableString,
  string,
  struct,
} from '../schema/index.ts'

export const describeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  versions: [1, 4],
  flexibleSince: 4,
  request: [
    field(
      'resources',
      array(
        struct(
          /** 2: a topic; 4: a broker. */
          field('resourceType', int8),
          field('resourceName', string),
          /** Null: all. */
          field('configurationKeys', nullableArray(string)),
        ),
      ),
    ),
    field('includeSynonyms', bool, { since: 1 }),
    field('includeDocumentation', bool, { since: 3 }),
  ],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    field(
      'results',
      array(
        struct(
          field('errorCode', int16),
          field('errorMessage', errorMessage, { default: null }),
          field('resourceType', int8),
          field('resourceName', string),
          field(
            'configs',
            array(
              struct(
                field('name', string),
                field('value', nullableString),
                field('readOnly', bool),
                /** 1: set on the topic; 4: set for the broker; 5: the default. */
                field('configSource', int8, { since: 1, default: -1 }),
                field('isSensitive', bool),
                field(
                  'synonyms',
                  array(struct(field('name', string), field('value', nullableString), field('source', int8))),
                  { since: 1 },
                ),
                /** 1: boolean, 2: text, 3: int, 5: long, 6: double, 7: list. */
                field('configType', int8, { since: 3 }),
                field('documentation', nullableString, { since: 3 }),
              ),
            ),
          ),
        ),
      ),
    ),
  ],
})
