import { errorCodes, saslAuthenticate } from '@koine/protocols-kafka'
import { openHandler } from '../handler.ts'

const nothing = new Uint8Array(0)

export default openHandler(saslAuthenticate, { versions: [0, 2] }, async ({ authBytes }, { sasl }) => {
  const outcome = await sasl.authenticate(authBytes)
  if (outcome.ok) {
    const { token, sessionLifetimeMs } = outcome
    return { errorCode: errorCodes.NONE, errorMessage: null, authBytes: token, sessionLifetimeMs }
  }
  return { errorCode: outcome.errorCode, errorMessage: outcome.message, authBytes: nothing }
})
