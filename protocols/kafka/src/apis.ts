import { produce } from './messages/0-produce.ts'
import { fetch } from './messages/1-fetch.ts'
import { findCoordinator } from './messages/10-find-coordinator.ts'
import { joinGroup } from './messages/11-join-group.ts'
import { heartbeat } from './messages/12-heartbeat.ts'
import { leaveGroup } from './messages/13-leave-group.ts'
import { syncGroup } from './messages/14-sync-group.ts'
import { describeGroups } from './messages/15-describe-groups.ts'
import { listGroups } from './messages/16-list-groups.ts'
import { saslHandshake } from './messages/17-sasl-handshake.ts'
import { apiVersions } from './messages/18-api-versions.ts'
import { createTopics } from './messages/19-create-topics.ts'
import { listOffsets } from './messages/2-list-offsets.ts'
import { deleteTopics } from './messages/20-delete-topics.ts'
import { initProducerId } from './messages/22-init-producer-id.ts'
import { metadata } from './messages/3-metadata.ts'
import { describeConfigs } from './messages/32-describe-configs.ts'
import { saslAuthenticate } from './messages/36-sasl-authenticate.ts'
import { deleteGroups } from './messages/42-delete-groups.ts'
import { describeCluster } from './messages/60-describe-cluster.ts'
import { offsetCommit } from './messages/8-offset-commit.ts'
import { offsetFetch } from './messages/9-offset-fetch.ts'
import type { Api } from './schema/index.ts'

/** Every API that has a table, by key. */
export const apis: ReadonlyMap<number, Api> = new Map(
  [
    produce,
    fetch,
    listOffsets,
    metadata,
    offsetCommit,
    offsetFetch,
    findCoordinator,
    joinGroup,
    heartbeat,
    leaveGroup,
    syncGroup,
    describeGroups,
    listGroups,
    saslHandshake,
    apiVersions,
    createTopics,
    deleteTopics,
    initProducerId,
    describeConfigs,
    saslAuthenticate,
    deleteGroups,
    describeCluster,
  ].map((api) => [api.key, api as unknown as Api]),
)
