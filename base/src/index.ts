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
  type DeviceId,
  deviceIds,
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
  type WebhookEndpointId,
  webhookEndpointIds,
} from './ids.ts'
export { type Randomness, seededRandomness, systemRandomness, wholeNumber } from './randomness.ts'
export { BoundedQueue, type BoundedQueueOptions } from './bounded-queue.ts'
export { disposeWithin, firstSignal } from './lifecycle.ts'
export { createLogger, type Logger, type LoggerOptions, type LogLevel, logLevels, silentLogger } from './logger.ts'
export { latencyBucketsSeconds, Metrics } from './metrics.ts'
export { effectiveSettingsJson, effectiveSettingsYaml, settingsTable } from './settings/describe.ts'
export { type EffectiveSetting, loadSettings, type LoadedSettings, type SettingsInput } from './settings/load.ts'
export {
  type NamedSetting,
  namedSettings,
  type Setting,
  setting,
  type SettingsOf,
  type SettingsSchema,
} from './settings/schema.ts'
