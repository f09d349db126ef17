import {
  api,
  array,
  bool,
  bytes,
  errorMessage,
  field,
  int16,
  int32,
  nullableString,
  string,
  struct,
} from '../schema/index.ts'

export const describeGroups = api({
  key: 15,
  name: 'DescribeGroups',
  versions: [0, 6],
  flexibleSince: 5,
  request: [field('groups', array(string)), field('includeAuthorizedOperations', bool, { since: 3 })],
  response: [
    field('throttleTimeMs', int32, { since: 1 }),
    field(
      'groups',
      array(
        struct(
          field('errorCode', int16),
          field('errorMessage', errorMessage, { since: 6 }),
          field('groupId', string),
          field('groupState', string),
          field('protocolType', string),
          field('protocolData', string),
          field(
            'members',
            array(
              struct(
                field('memberId', string),
                field('groupInstanceId', nullableString, { since: 4 }),
                field('clientId', string),
                field('clientHost', string),
                field('memberMetadata', bytes),
                field('memberAssignment', bytes),
              ),
            ),
          ),
          field('authorizedOperations', int32, { since: 3, default: -2_147_483_648 }),
        ),
      ),
    ),
  ],
})
