import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Randomness } from '@koine/base'
import { type ScramCredential, scramHash, type ScramMechanism } from '@koine/services-tenancy'
import type { SaslCredentials, ScramLogin } from './sasl-credentials.ts'
import { badCredential, type SaslExchange, SaslRefusal, type SaslStep } from './sasl-outcome.ts'

const nonceBytes = 24
/** Longer than any that a client has a use for. */
const tokenBytesMax = 8 * 1024

// `n` or `y`: no channel binding. RFC 5802, section 7; attributes that a server must know start with `m=`.
const clientFirstPattern = /^((?:n|y),(?:a=([^,]+))?,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,(?!m=)[A-Za-z]=[^,]*)*)$/
const clientFinalPattern =
  /^(c=([A-Za-z0-9+/=]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,(?!m=)[A-Za-z]=[^,]*)*),p=([A-Za-z0-9+/=]+)$/

interface ServerFirst {
  readonly login: ScramLogin
  readonly nonce: string
  readonly gs2Header: string
  /** The client's first message without its header, and our answer to it. */
  readonly said: string
}

/** The server's side of SCRAM (RFC 5802, RFC 7677), without channel binding. */
export class ScramExchange implements SaslExchange {
  readonly #mechanism: ScramMechanism
  readonly #credentials: SaslCredentials
  readonly #randomness: Randomness
  #first: ServerFirst | undefined

  constructor(mechanism: ScramMechanism, parts: { credentials: SaslCredentials; randomness: Randomness }) {
    this.#mechanism = mechanism
    this.#credentials = parts.credentials
    this.#randomness = parts.randomness
  }

  async step(token: Uint8Array): Promise<SaslStep> {
    if (token.length > tokenBytesMax) throw malformed()
    const text = Buffer.from(token).toString('utf8')
    return this.#first ? await this.#finish(text, this.#first) : await this.#begin(text)
  }

  async #begin(text: string): Promise<SaslStep> {
    const [, gs2Header, authorization, bare, encodedName, clientNonce] = clientFirstPattern.exec(text) ?? []
    if (gs2Header === undefined || bare === undefined || encodedName === undefined) throw malformed()
    const name = decodedName(encodedName)
    if (authorization !== undefined && decodedName(authorization) !== name) {
      throw new SaslRefusal('Acting as another user is not served.')
    }
    const login = await this.#credentials.byProof(name, this.#mechanism)
    const nonce = clientNonce + Buffer.from(this.#randomness.fill(new Uint8Array(nonceBytes))).toString('base64')
    const { salt, iterations } = login.credential
    const answer = `r=${nonce},s=${Buffer.from(salt).toString('base64')},i=${iterations}`
    this.#first = { login, nonce, gs2Header, said: `${bare},${answer}` }
    return { token: Buffer.from(answer), principal: undefined }
  }

  async #finish(text: string, { login, nonce, gs2Header, said }: ServerFirst): Promise<SaslStep> {
    const [, withoutProof, binding, proofNonce, proof] = clientFinalPattern.exec(text) ?? []
    if (binding !== Buffer.from(gs2Header).toString('base64') || proof === undefined) throw malformed()
    // librdkafka before 2.2 puts its own part in front of the whole nonce; Kafka's brokers ask no more than this either.
    if (!proofNonce?.endsWith(nonce)) throw malformed()
    const message = `${said},${withoutProof}`
    if (!provesItself(this.#mechanism, login.credential, message, Buffer.from(proof, 'base64'))) throw badCredential()
    const principal = await login.principal()
    const signature = createHmac(scramHash(this.#mechanism).name, login.credential.serverKey).update(message)
    return { token: Buffer.from(`v=${signature.digest('base64')}`), principal }
  }
}

function provesItself(
  mechanism: ScramMechanism,
  { storedKey }: ScramCredential,
  message: string,
  proof: Uint8Array,
): boolean {
  const { name, bytes } = scramHash(mechanism)
  if (proof.length !== bytes) return false
  const signature = createHmac(name, storedKey).update(message).digest()
  const clientKey = signature.map((byte, i) => byte ^ proof[i]!)
  return timingSafeEqual(createHash(name).update(clientKey).digest(), storedKey)
}

/** `=2C` and `=3D` are a comma and an equals sign; no other `=` may stand in a name. */
function decodedName(encoded: string): string {
  if (/=(?!2C|3D)/.test(encoded)) throw malformed()
  return encoded.replaceAll('=2C', ',').replaceAll('=3D', '=')
}

const malformed = (): SaslRefusal => new SaslRefusal('The SCRAM message is malformed.')
