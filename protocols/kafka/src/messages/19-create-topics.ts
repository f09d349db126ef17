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
  uuid,
} from '../schema/index.ts'

export const createTopics = api({
  key: 19,
  name: 'CreateTopics',
  versions: [2, 7],
  flexibleSince: 5,
  request: [
    field(
      'topics',
      array(
        struct(
          field('name', string),
          /** -1: the server's default, or as many as there are assignments. */
          field('numPartitions', int32),
          field('replicationFactor', int16),
          field('assignments', array(struct(field('partitionIndex', int32), field('brokerIds', array(int32))))),
          field('configs', array(struct(field('name', string), field('value', nullableString)))),
        ),
      ),
    ),
    field('timeoutMs', int32, { default: 60_000 }),
    field('validateOnly', bool, { since: 1 }),
  ],
  response: [
    field('throttleTimeMs', int32, { since: 2 }),
    field(
      'topics',
      array(
        struct(
          field('name', string),
          field('topicId', uuid, { since: 7 }),
          field('errorCode', int16),
          field('errorMessage', errorMessage, { since: 1 }),
          field('topicConfigErrorCode', int16, { since: 5, tag: 0 }),
          field('numPartitions', int32, { since: 5, default: -1 }),
          field('replicationFactor', int16, { since: 5, default: -1 }),
          field(
            'configs',
            nullableArray(
              struct(
                field('name', string),
                field('value', nullableString),
                field('readOnly', bool),
                field('configSource', int8, { default: -1 }),
                field('isSensitive', bool),
              ),
            ),
            { since: 5 },
          ),
        ),
      ),
    ),
  ],
})
