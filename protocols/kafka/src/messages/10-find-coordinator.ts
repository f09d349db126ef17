import { api, array, errorMessage, field, int16, int32, int8, string, struct } from '../schema/index.ts'

/** Asks for one key up to version 3, for several from 4 on. */
export const findCoordinator = api({
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 6],
  flexibleSince: 3,
  request: [
    field('key', string, { until: 3 }),
    /** 0: a group; 1: a transactional id. */
    field('keyType', int8, { since: 1 }),
    field('coordinatorKeys', array(string), { since: 4 }),
  ],
  response: [
    field('throttleTimeMs', int32, { since: 1 }),
    field('errorCode', int16, { until: 3 }),
    field('errorMessage', errorMessage, { since: 1, until: 3 }),
    field('nodeId', int32, { until: 3 }),
    field('host', string, { until: 3 }),
    field('port', int32, { until: 3 }),
    field(
      'coordinators',
      array(
        struct(
          field('key', string),
          field('nodeId', int32),
          field('host', string),
          field('port', int32),
          field('errorCode', int16),
          field('errorMessage', errorMessage, { default: null }),
        ),
      ),
      { since: 4 },
    ),
  ],
})
