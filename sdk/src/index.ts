export { type ErrorCode, KoineError } from '@koine/base/errors'
export type { TokenSource } from './credential.ts'
export type { Environment, WebSocketClass } from './environment.ts'
export type { CloudEvent, EventsRequest, StreamedEvent } from './http/events.ts'
export type { CallOptions } from './http/http-calls.ts'
export { KoineApi, type KoineApiOptions } from './http/koine-api.ts'
export type { StreamsApi, TailedRecord, TailRequest } from './http/streams-api.ts'
export { Koine, type KoineOptions } from './koine.ts'
export type { KoineEvents } from './realtime/realtime.ts'
export type { RealtimeSettings } from './realtime/settings.ts'
export type { Status } from './realtime/status.ts'
export type {
  Group,
  GroupDetail,
  NodeHealth,
  RecordBytes,
  StreamsUsage,
  Topic,
  TopicDetail,
  TopicRecord,
} from '@koine/contract'
export type { Conversation, Message, ReadEvent } from './types.ts'
