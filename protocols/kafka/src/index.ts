export { apis } from './apis.ts'
export { errorCodes, type ErrorName } from './error-codes.ts'
export {
  checkFrameLength,
  readRequestHeaderRest,
  readRequestPrefix,
  readResponseHeader,
  type RequestHeader,
  writeRequestHeader,
  writeResponseHeader,
} from './headers.ts'
export { wireLimits } from './limits.ts'
export { produce } from './messages/0-produce.ts'
export { fetch } from './messages/1-fetch.ts'
export { findCoordinator } from './messages/10-find-coordinator.ts'
export { joinGroup } from './messages/11-join-group.ts'
export { heartbeat } from './messages/12-heartbeat.ts'
export { leaveGroup } from './messages/13-leave-group.ts'
export { syncGroup } from './messages/14-sync-group.ts'
export { describeGroups } from './messages/15-describe-groups.ts'
export { listGroups } from './messages/16-list-groups.ts'
export { saslHandshake } from './messages/17-sasl-handshake.ts'
export { apiVersions } from './messages/18-api-versions.ts'
export { createTopics } from './messages/19-create-topics.ts'
export { listOffsets } from './messages/2-list-offsets.ts'
export { deleteTopics } from './messages/20-delete-topics.ts'
export { initProducerId } from './messages/22-init-producer-id.ts'
export { metadata } from './messages/3-metadata.ts'
export { describeConfigs } from './messages/32-describe-configs.ts'
export { saslAuthenticate } from './messages/36-sasl-authenticate.ts'
export { deleteGroups } from './messages/42-delete-groups.ts'
export { describeCluster } from './messages/60-describe-cluster.ts'
export { offsetCommit } from './messages/8-offset-commit.ts'
export { offsetFetch } from './messages/9-offset-fetch.ts'
export { ProtocolError } from './protocol-error.ts'
export { Reader } from './reader.ts'
export { type Api, type Decoded, type Encodable, type Field, type Message, type VersionRange } from './schema/index.ts'
export { Writer } from './writer.ts'
