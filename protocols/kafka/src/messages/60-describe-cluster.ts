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

export const describeCluster = api({
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 2],
  flexibleSince: 0,
  request: [
    field('includeClusterAuthorizedOperations', bool, { default: false }),
    /** 1: brokers; 2: controllers. */
    field('endpointType', int8, { since: 1, default: 1 }),
    field('includeFencedBrokers', bool, { since: 2 }),
  ],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    field('errorCode', int16),
    field('errorMessage', errorMessage, { default: null }),
    field('endpointType', int8, { since: 1, default: 1 }),
    field('clusterId', string),
    field('controllerId', int32, { default: -1 }),
    field(
      'brokers',
      array(
        struct(
          field('brokerId', int32),
          field('host', string),
          field('port', int32),
          field('rack', nullableString, { default: null }),
          field('isFenced', bool, { since: 2 }),
        ),
      ),
    ),
    field('clusterAuthorizedOperations', int32, { default: -2_147_483_648 }),
  ],
})
