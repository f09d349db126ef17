export { type Clock, type Timer, sleep, systemClock } from './clock.ts'
export {
  type ErrorCode,
  type ErrorFaces,
  type ErrorOptions,
  errorTable,
  invariant,
  InvariantBroken,
  KoineError,
  toKoineError,
} from './errors.ts'
export {
  type ApiKeyId,
  apiKeyIds,
  type ConnectionId,
  connectionIds,
  type ConversationId,
  conversationIds,
  type EventId,
  eventIds,
  type Id,
  type IdKind,
  type IdSource,
  type JobId,
  jobIds,
  type MessageId,
  messageIds,
  type TenantId,
  tenantIds,
  type UserId,
  userIds,
} from './ids.ts'
export { type Randomness, seededRandomness, systemRandomness, wholeNumber } from './randomness.ts'
