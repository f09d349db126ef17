import { errorCodes, findCoordinator } from '@koine/protocols-kafka'
import { clusterName } from '@koine/services-streams'
import { type Call, handler } from '../handler.ts'

const keyTypes = { group: 0, transaction: 1, share: 2 } as const
const versionWithKeys = 4
const versionWithShares = 6

interface Sought {
  readonly key: string
  readonly keyType: number
}

/** This node coordinates every group and every transaction. */
export default handler(findCoordinator, { versions: [0, 6] }, async ({ key, keyType, coordinatorKeys }, call) => {
  if (call.version < versionWithKeys) return coordinator(call, { key, keyType })
  return { coordinators: coordinatorKeys.map((key) => coordinator(call, { key, keyType })) }
})

function coordinator(call: Call, sought: Sought) {
  const { nodeId, host, port } = call.broker
  const { key } = sought
  const problem = problemOf(call, sought)
  if (problem === undefined) return { key, nodeId, host, port, errorCode: errorCodes.NONE, errorMessage: null }
  return { key, nodeId: -1, host: '', port: -1, ...problem }
}

function problemOf({ access, version }: Call, { key, keyType }: Sought) {
  if (keyType === keyTypes.group) {
    return access.may('describe', 'group', key)
      ? undefined
      : { errorCode: errorCodes.GROUP_AUTHORIZATION_FAILED, errorMessage: 'Not allowed to describe this group.' }
  }
  if (keyType === keyTypes.transaction) {
    const errorMessage = 'Not allowed to describe this transactional id.'
    return access.may('describe', 'transactional-id', key)
      ? undefined
      : { errorCode: errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, errorMessage }
  }
  if (keyType !== keyTypes.share || version < versionWithShares) {
    return { errorCode: errorCodes.INVALID_REQUEST, errorMessage: `There are no coordinators of type ${keyType}.` }
  }
  return access.may('cluster-action', 'cluster', clusterName)
    ? { errorCode: errorCodes.COORDINATOR_NOT_AVAILABLE, errorMessage: 'Share groups are not served.' }
    : { errorCode: errorCodes.CLUSTER_AUTHORIZATION_FAILED, errorMessage: 'Only brokers ask for share coordinators.' }
}
