export { type OpenApiDocument, openApiDocument, type OpenApiOperation, apiVersion } from './openapi.ts'
export { type Answer, type AuthKind, type Operation } from './operation.ts'
export { errorsOf, operationEntries, type OperationId, type Operations, operations } from './operations.ts'
export { type AnswerOf, type BodyOf, type ParamsOf, pathOf, type QueryOf, type RequestOf } from './requests.ts'
export {
  type Conversation,
  type History,
  type InboxEntry,
  type Message,
  type NewConversation,
  type NewMessage,
  type ReadPosition,
  type ReadResult,
} from './schemas/conversation.ts'
export type { NodeHealth } from './schemas/health.ts'
export { Problem } from './schemas/problem.ts'
export type { OwnQuotas, QuotaChanges, TenantQuotas } from './schemas/quota.ts'
export {
  type Demo,
  type Group,
  type GroupDetail,
  type Health,
  type NewTopic,
  type RecordBytes,
  type Topic,
  type TopicDetail,
  type TopicRecord,
} from './schemas/stream.ts'
export { type ApiKey, type ApiKeyWithSecret, type NewApiKey, type NewTenant, type Tenant } from './schemas/tenant.ts'
export type { StreamsUsage } from './schemas/usage.ts'
export { type Me, type NewUser, type NewUserToken, type User, type UserToken } from './schemas/user.ts'
