import type { Handler } from '../handler.ts'
import produce from './0-produce.ts'
import fetch from './1-fetch.ts'
import findCoordinator from './10-find-coordinator.ts'
import joinGroup from './11-join-group.ts'
import heartbeat from './12-heartbeat.ts'
import leaveGroup from './13-leave-group.ts'
import syncGroup from './14-sync-group.ts'
import describeGroups from './15-describe-groups.ts'
import listGroups from './16-list-groups.ts'
import saslHandshake from './17-sasl-handshake.ts'
import apiVersions from './18-api-versions.ts'
import createTopics from './19-create-topics.ts'
import listOffsets from './2-list-offsets.ts'
import deleteTopics from './20-delete-topics.ts'
import initProducerId from './22-init-producer-id.ts'
import describeConfigs from './32-describe-configs.ts'
import metadata from './3-metadata.ts'
import saslAuthenticate from './36-sasl-authenticate.ts'
import deleteGroups from './42-delete-groups.ts'
import describeCluster from './60-describe-cluster.ts'
import offsetCommit from './8-offset-commit.ts'
import offsetFetch from './9-offset-fetch.ts'

/** All that is served. What isn't here isn't advertised. */
export const handlers: readonly Handler[] = [
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
]
