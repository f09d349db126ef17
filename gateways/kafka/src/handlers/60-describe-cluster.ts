import { describeCluster, errorCodes } from '@koine/protocols-kafka'
import { handler } from '../handler.ts'

const brokerEndpoints = 1

export default handler(describeCluster, { versions: [0, 1] }, async ({ endpointType }, { streams, scope, broker }) => {
  const { nodeId, host, port } = broker
  if (endpointType !== brokerEndpoints) {
    const errorMessage = 'Only broker endpoints are served.'
    return { errorCode: errorCodes.UNSUPPORTED_ENDPOINT_TYPE, errorMessage, clusterId: '', brokers: [] }
  }
  return {
    errorCode: errorCodes.NONE,
    clusterId: streams.clusterId(scope),
    controllerId: nodeId,
    brokers: [{ brokerId: nodeId, host, port, rack: null }],
  }
})
