import { errorCodes } from '@koine/protocols-kafka'
import { type Access, clusterName } from '@koine/services-streams'

/** What has settings, as the protocol numbers it. */
export const resourceTypes = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const

export interface ConfigResource {
  readonly resourceType: number
  readonly resourceName: string
}

export interface ConfigRefusal {
  readonly errorCode: number
  readonly errorMessage: string
}

export const refuse = (errorCode: number, errorMessage: string): ConfigRefusal => ({ errorCode, errorMessage })

export const unexpectedType = ({ resourceType, resourceName }: ConfigResource): ConfigRefusal =>
  refuse(errorCodes.INVALID_REQUEST, `Unexpected resource type ${resourceType} for resource ${resourceName}.`)

const ofTheCluster: readonly number[] = [resourceTypes.broker, resourceTypes.brokerLogger, resourceTypes.clientMetrics]

/** Why a resource's settings may not be described or altered; undefined when they may. */
export function accessProblem(
  access: Access,
  operation: 'describe-configs' | 'alter-configs',
  resource: ConfigResource,
): ConfigRefusal | undefined {
  const { resourceType: type, resourceName: name } = resource
  if (type === resourceTypes.topic) {
    const refusal = refuse(errorCodes.TOPIC_AUTHORIZATION_FAILED, 'Topic authorization failed.')
    return access.may(operation, 'topic', name) ? undefined : refusal
  }
  if (type === resourceTypes.group) {
    const refusal = refuse(errorCodes.GROUP_AUTHORIZATION_FAILED, 'Group authorization failed.')
    return access.may(operation, 'group', name) ? undefined : refusal
  }
  if (!ofTheCluster.includes(type)) return unexpectedType(resource)
  const refusal = refuse(errorCodes.CLUSTER_AUTHORIZATION_FAILED, 'Cluster authorization failed.')
  return access.may(operation, 'cluster', clusterName) ? undefined : refusal
}
