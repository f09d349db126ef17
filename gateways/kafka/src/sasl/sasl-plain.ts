import type { SaslCredentials } from './sasl-credentials.ts'
import { type SaslExchange, SaslRefusal, type SaslStep } from './sasl-outcome.ts'

/** SASL/PLAIN (RFC 4616): an API key's id and secret in one token. */
export class PlainExchange implements SaslExchange {
  readonly #credentials: SaslCredentials

  constructor(credentials: SaslCredentials) {
    this.#credentials = credentials
  }

  async step(token: Uint8Array): Promise<SaslStep> {
    const [authorization = '', id = '', secret = '', ...more] = Buffer.from(token).toString('utf8').split('\u0000')
    if (more.length > 0 || id === '' || secret === '' || (authorization !== '' && authorization !== id)) {
      throw new SaslRefusal('The SASL/PLAIN token is malformed.')
    }
    return { token: new Uint8Array(0), principal: await this.#credentials.byPassword(id, secret) }
  }
}
