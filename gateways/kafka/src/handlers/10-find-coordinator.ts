import { errorCodes, findCoordinator } from '@koine/protocols-kafka'
import { type Broker, handler } from '../handler.ts'

const groupKey = 0
const transactionKey = 1
const versionWithKeys = 4

/** This node coordinates every group. */
export default handler(findCoordinator, { versions: [0, 6] }, async ({ key, keyType, coordinatorKeys }, call) => {
  if (call.version < versionWithKeys) return coordinator(call.broker, { key, keyType })
  return { coordinators: coordinatorKeys.map((key) => coordinator(call.broker, { key, keyType })) }
})

function coordinator({ nodeId, host, port }: Broker, { key, keyType }: { key: string; keyType: number }) {
  if (keyType === groupKey || keyType === transactionKey) {
    return { key, nodeId, host, port, errorCode: errorCodes.NONE, errorMessage: null }
  }
  const errorMessage = `There are no coordinators of type ${keyType}.`
  return { key, nodeId: -1, host: '', port: -1, errorCode: errorCodes.INVALID_REQUEST, errorMessage }
}
