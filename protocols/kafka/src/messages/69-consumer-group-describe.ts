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
  uuid,
} from '../schema/index.ts'

const assignment = struct(
  field(
    'topicPartitions',
    array(struct(field('topicId', uuid), field('topicName', string), field('partitions', array(int32)))),
  ),
)

export const consumerGroupDescribe = api({
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: [0, 1],
  flexibleSince: 0,
  request: [field('groupIds', array(string)), field('includeAuthorizedOperations', bool)],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    field(
      'groups',
      array(
        struct(
          field('errorCode', int16),
          field('errorMessage', errorMessage, { default: null }),
          field('groupId', string),
          field('groupState', string),
          field('groupEpoch', int32),
          field('assignmentEpoch', int32),
          field('assignorName', string),
          field(
            'members',
            array(
              struct(
                field('memberId', string),
                field('instanceId', nullableString, { default: null }),
                field('rackId', nullableString, { default: null }),
                field('memberEpoch', int32),
                field('clientId', string),
                field('clientHost', string),
                field('subscribedTopicNames', array(string)),
                field('subscribedTopicRegex', nullableString, { default: null }),
                field('assignment', assignment),
                field('targetAssignment', assignment),
                /** 0: of the classic protocol; 1: of the consumer protocol. */
                field('memberType', int8, { since: 1, default: -1 }),
              ),
            ),
          ),
          field('authorizedOperations', int32, { default: -2_147_483_648 }),
        ),
      ),
    ),
  ],
})
