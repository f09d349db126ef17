import { describeCluster, errorCodes } from '@koine/protocols-kafka'
import { clusterName } from '@koine/services-streams'
import { authorizedOperations, operationsNotAsked } from '../answers/authorized-operations.ts'
import { type Call, handler } from '../handler.ts'

const endpoints = { brokers: 1, controllers: 2 }

/** Anybody who is signed in may see the brokers, as in Kafka. */
export default handler(describeCluster, { versions: [0, 2] }, async (request, call) => {
  const { endpointType, includeClusterAuthorizedOperations } = request
  if (endpointType !== endpoints.brokers) return refusal(endpointType, call)
  const { broker, streams, scope } = call
  return {
    errorCode: errorCodes.NONE,
    endpointType,
    clusterId: streams.clusterId(scope),
    controllerId: broker.nodeId,
    brokers: [{ brokerId: broker.nodeId, host: broker.host, port: broker.port, rack: null, isFenced: false }],
    clusterAuthorizedOperations: includeClusterAuthorizedOperations ? operations(call) : operationsNotAsked,
  }
})

const operations = ({ access }: Call): number =>
  access.may('describe', 'cluster', clusterName) ? authorizedOperations(access, 'cluster', clusterName) : 0

function refusal(endpointType: number, { version }: Call) {
  const isKnown = endpointType === endpoints.controllers
  const mismatch = version === 0 ? errorCodes.INVALID_REQUEST : errorCodes.MISMATCHED_ENDPOINT_TYPE
  return {
    errorCode: isKnown ? mismatch : errorCodes.UNSUPPORTED_ENDPOINT_TYPE,
    errorMessage: isKnown
      ? 'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER'
      : `Unsupported endpoint type ${endpointType}`,
    endpointType,
    clusterId: '',
    brokers: [],
  }
}
