import { api, array, field, int16, int32, int64, nullableString, string, struct } from '../schema/index.ts'

export const listTransactions = api({
  key: 66,
  name: 'ListTransactions',
  versions: [0, 2],
  flexibleSince: 0,
  request: [
    /** Empty, as the next: all. */
    field('stateFilters', array(string)),
    field('producerIdFilters', array(int64)),
    /** Milliseconds that it must have been running at least; below 0: any. */
    field('durationFilter', int64, { since: 1, default: -1 }),
    /** A regular expression of RE2. */
    field('transactionalIdPattern', nullableString, { since: 2 }),
  ],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    field('errorCode', int16),
    field('unknownStateFilters', array(string)),
    field(
      'transactionStates',
      array(struct(field('transactionalId', string), field('producerId', int64), field('transactionState', string))),
    ),
  ],
})
