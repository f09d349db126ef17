import { errorTable, toKoineError } from '@koine/base'
import { errorCodes } from '@koine/protocols-kafka'
import type {
  AclFailure,
  ConsumerFailure,
  GroupFailure,
  OffsetFailure,
  ProduceFailure,
  QuotaFailure,
  ScramUserFailure,
  TopicFailure,
  TransactionFailure,
} from '@koine/services-streams'

type Failure =
  | AclFailure
  | ConsumerFailure
  | ScramUserFailure
  | ProduceFailure
  | GroupFailure
  | OffsetFailure
  | TopicFailure
  | TransactionFailure
  | QuotaFailure
  | 'not-deletable'
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
  'concurrent-transactions': errorCodes.CONCURRENT_TRANSACTIONS,
  'control-batch': errorCodes.INVALID_RECORD,
  exists: errorCodes.TOPIC_ALREADY_EXISTS,
  'fenced-epoch': errorCodes.FENCED_MEMBER_EPOCH,
  'fenced-instance': errorCodes.FENCED_INSTANCE_ID,
  'group-full': errorCodes.GROUP_MAX_SIZE_REACHED,
  'illegal-generation': errorCodes.ILLEGAL_GENERATION,
  'incomplete-producer': errorCodes.INVALID_REQUEST,
  'inconsistent-protocol': errorCodes.INCONSISTENT_GROUP_PROTOCOL,
  'invalid-acl': errorCodes.INVALID_REQUEST,
  'invalid-group-id': errorCodes.INVALID_GROUP_ID,
  'invalid-name': errorCodes.INVALID_TOPIC_EXCEPTION,
  'invalid-offset': errorCodes.OFFSET_OUT_OF_RANGE,
  'invalid-partitions': errorCodes.INVALID_PARTITIONS,
  'invalid-pattern': errorCodes.INVALID_REGULAR_EXPRESSION,
  'invalid-quota': errorCodes.INVALID_REQUEST,
  'invalid-request': errorCodes.INVALID_REQUEST,
  'invalid-session-timeout': errorCodes.INVALID_SESSION_TIMEOUT,
  'invalid-setting': errorCodes.INVALID_CONFIG,
  'invalid-timestamp': errorCodes.INVALID_TIMESTAMP,
  'invalid-transaction-state': errorCodes.INVALID_TXN_STATE,
  'invalid-transaction-timeout': errorCodes.INVALID_TRANSACTION_TIMEOUT,
  'invalid-transactional-id': errorCodes.INVALID_REQUEST,
  'invalid-user-name': errorCodes.UNACCEPTABLE_CREDENTIAL,
  'member-id-required': errorCodes.MEMBER_ID_REQUIRED,
  'metadata-too-large': errorCodes.OFFSET_METADATA_TOO_LARGE,
  'needs-epochs': errorCodes.UNSUPPORTED_VERSION,
  'no-key': errorCodes.INVALID_RECORD,
  'no-such-credential': errorCodes.RESOURCE_NOT_FOUND,
  'no-such-group': errorCodes.GROUP_ID_NOT_FOUND,
  'no-such-partition': errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
  'no-such-topic': errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
  'not-a-consumer-group': errorCodes.GROUP_ID_NOT_FOUND,
  'not-deletable': errorCodes.POLICY_VIOLATION,
  'not-in-transaction': errorCodes.INVALID_TXN_STATE,
  'not-empty': errorCodes.NON_EMPTY_GROUP,
  'offset-out-of-range': errorCodes.OFFSET_OUT_OF_RANGE,
  'out-of-order-sequence': errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER,
  'producer-fenced': errorCodes.PRODUCER_FENCED,
  'rebalance-in-progress': errorCodes.REBALANCE_IN_PROGRESS,
  reserved: errorCodes.TOPIC_AUTHORIZATION_FAILED,
  'stale-epoch': errorCodes.STALE_MEMBER_EPOCH,
  'stale-producer-epoch': errorCodes.INVALID_PRODUCER_EPOCH,
  'too-large': errorCodes.MESSAGE_TOO_LARGE,
  'too-many': errorCodes.POLICY_VIOLATION,
  'too-many-groups': errorCodes.POLICY_VIOLATION,
  'too-many-transactional-ids': errorCodes.POLICY_VIOLATION,
  'too-many-users': errorCodes.UNACCEPTABLE_CREDENTIAL,
  'too-many-transactions': errorCodes.POLICY_VIOLATION,
  'transaction-too-large': errorCodes.POLICY_VIOLATION,
  truncated: errorCodes.CORRUPT_MESSAGE,
  'unknown-entity-type': errorCodes.UNSUPPORTED_VERSION,
  'unknown-member': errorCodes.UNKNOWN_MEMBER_ID,
  'unknown-producer': errorCodes.INVALID_PRODUCER_ID_MAPPING,
  'unreleased-instance': errorCodes.UNRELEASED_INSTANCE_ID,
  'unsupported-assignor': errorCodes.UNSUPPORTED_ASSIGNOR,
  'unsupported-codec': errorCodes.UNSUPPORTED_COMPRESSION_TYPE,
  'unsupported-magic': errorCodes.UNSUPPORTED_FOR_MESSAGE_FORMAT,
}

export const codeOf = (failure: Failure): number => codes[failure]

/** The code for the outcome of something that only says why it failed. */
export const codeOrNone = (failure: Failure | undefined): number =>
  failure === undefined ? errorCodes.NONE : codes[failure]

/** What clients try again on, by what they asked for. */
const codesToTryAgain = {
  partition: errorCodes.NOT_ENOUGH_REPLICAS,
  coordinator: errorCodes.COORDINATOR_NOT_AVAILABLE,
  /** Of reading a partition. */
  read: errorCodes.KAFKA_STORAGE_ERROR,
} as const

/**
 * The code for something thrown, by the table of expected failures; but for what may pass, a code on which clients try the
 * same request again: the one that they know depends on what they asked.
 */
export function thrownCode(thrown: unknown, toTryAgain: keyof typeof codesToTryAgain = 'partition'): number {
  const { code } = toKoineError(thrown)
  return code === 'unavailable' || code === 'overloaded' ? codesToTryAgain[toTryAgain] : errorTable[code].kafka
}
