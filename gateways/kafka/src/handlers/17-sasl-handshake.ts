import { saslHandshake } from '@koine/protocols-kafka'
import { openHandler } from '../handler.ts'
import { saslMechanisms } from '../sasl/sasl-session.ts'

export default openHandler(saslHandshake, { versions: [0, 1] }, async ({ mechanism }, { sasl, version }) => ({
  errorCode: sasl.handshake(mechanism, version),
  mechanisms: saslMechanisms,
}))
