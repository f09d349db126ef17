import { errorTable, toKoineError } from '@koine/base'
import { errorCodes } from '@koine/protocols-kafka'
import type { GroupFailure, OffsetFailure, ProduceFailure, TopicFailure } from '@koine/services-streams'

type Failure =
  | ProduceFailure
  | GroupFailure
  | OffsetFailure
  | TopicFailure
  | 'member-id-required'
  | 'no-such-topic'
  | 'offset-out-of-range'
  | 'not-empty'
  | 'no-such-group'

/** What the streams service's refusals are called in the protocol. */
const codes: { readonly [failure in Failure]: number } = {
  'bad-checksum': errorCodes.CORRUPT_MESSAGE,
  'bad-count': errorCodes.INVALID_RECORD,
  'bad-length': errorCodes.CORRUPT_MESSAGE,
  'bad-producer': errorCodes.INVALID_RECORD,
  'bad-records': errorCodes.CORRUPT_MESSAGE,
  'bad-timestamps': errorCodes.INVALID_TIMESTAMP,
  'batch-count': errorCodes.INVALID_RECORD,
  'control-batch': errorCodes.INVALID_RECORD,
  exists: errorCodes.TOPIC_ALREADY_EXISTS,
  'fenced-instance': errorCodes.FENCED_INSTANCE_ID,
  'group-full': errorCodes.GROUP_MAX_SIZE_REACHED,
  'illegal-generation': errorCodes.ILLEGAL_GENERATION,
  'inconsistent-protocol': errorCodes.INCONSISTENT_GROUP_PROTOCOL,
  'invalid-group-id': errorCodes.INVALID_GROUP_ID,
  'invalid-name': errorCodes.INVALID_TOPIC_EXCEPTION,
  'invalid-offset': errorCodes.OFFSET_OUT_OF_RANGE,
  'invalid-partitions': errorCodes.INVALID_PARTITIONS,
  'invalid-session-timeout': errorCodes.INVALID_SESSION_TIMEOUT,
  'invalid-setting': errorCodes.INVALID_CONFIG,
  'member-id-required': errorCodes.MEMBER_ID_REQUIRED,
  'metadata-too-large': errorCodes.OFFSET_METADATA_TOO_LARGE,
  'no-such-group': errorCodes.GROUP_ID_NOT_FOUND,
  'no-such-partition': errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
  'no-such-topic': errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
  'not-empty': errorCodes.NON_EMPTY_GROUP,
  'offset-out-of-range': errorCodes.OFFSET_OUT_OF_RANGE,
  'out-of-order-sequence': errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER,
  'rebalance-in-progress': errorCodes.REBALANCE_IN_PROGRESS,
  reserved: errorCodes.TOPIC_AUTHORIZATION_FAILED,
  'stale-producer-epoch': errorCodes.INVALID_PRODUCER_EPOCH,
  'too-large': errorCodes.MESSAGE_TOO_LARGE,
  'too-many': errorCodes.POLICY_VIOLATION,
  'too-many-groups': errorCodes.POLICY_VIOLATION,
  transactional: errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  truncated: errorCodes.CORRUPT_MESSAGE,
  'unknown-member': errorCodes.UNKNOWN_MEMBER_ID,
  'unsupported-codec': errorCodes.UNSUPPORTED_COMPRESSION_TYPE,
  'unsupported-magic': errorCodes.UNSUPPORTED_FOR_MESSAGE_FORMAT,
}

export const codeOf = (failure: Failure): number => codes[failure]

/** The code for the outcome of something that only says why it failed. */
export const codeOrNone = (failure: Failure | undefined): number =>
  failure === undefined ? errorCodes.NONE : codes[failure]

/**
 * The code for something thrown, by the table of expected failures; but for what may pass, a code on which clients try the
 * same request again: the one that they know depends on what they asked.
 */
export function thrownCode(thrown: unknown, toTryAgain: 'partition' | 'coordinator' = 'partition'): number {
  const { code } = toKoineError(thrown)
  if (code !== 'unavailable' && code !== 'overloaded') return errorTable[code].kafka
  return toTryAgain === 'partition' ? errorCodes.NOT_ENOUGH_REPLICAS : errorCodes.COORDINATOR_NOT_AVAILABLE
}
