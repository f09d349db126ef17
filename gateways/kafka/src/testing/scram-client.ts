import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { scramHash, type ScramMechanism } from '@koine/services-tenancy'

export interface ScramOptions {
  readonly name: string
  readonly password: string
  /** `n,,` unless told. */
  readonly gs2Header?: string
}

/** The client's side of SCRAM (RFC 5802), written apart from the server's. */
export class ScramClient {
  readonly #mechanism: ScramMechanism
  readonly #options: ScramOptions
  readonly nonce = randomBytes(18).toString('base64')
  #message = ''
  #saltedPassword = Buffer.alloc(0)

  constructor(mechanism: ScramMechanism, options: ScramOptions) {
    this.#mechanism = mechanism
    this.#options = options
  }

  get #gs2Header(): string {
    return this.#options.gs2Header ?? 'n,,'
  }

  get #bare(): string {
    const name = this.#options.name.replaceAll('=', '=3D').replaceAll(',', '=2C')
    return `n=${name},r=${this.nonce}`
  }

  first(): Uint8Array {
    return Buffer.from(this.#gs2Header + this.#bare)
  }

  final(serverFirst: Uint8Array): Uint8Array {
    const text = Buffer.from(serverFirst).toString()
    const { r, s, i } = attributesOf(text)
    if (!r?.startsWith(this.nonce) || r === this.nonce) throw new Error('The server’s nonce is not of ours.')
    const withoutProof = `c=${Buffer.from(this.#gs2Header).toString('base64')},r=${r}`
    this.#message = `${this.#bare},${text},${withoutProof}`
    const { name, bytes } = scramHash(this.#mechanism)
    this.#saltedPassword = pbkdf2Sync(this.#options.password, Buffer.from(s!, 'base64'), Number(i), bytes, name)
    const clientKey = this.#keyed(this.#saltedPassword, 'Client Key')
    const signature = this.#keyed(createHash(name).update(clientKey).digest(), this.#message)
    const proof = Buffer.from(clientKey.map((byte, at) => byte ^ signature[at]!))
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`)
  }

  /** Whether the server knows the password as well. */
  trusts(serverFinal: Uint8Array): boolean {
    const signature = this.#keyed(this.#keyed(this.#saltedPassword, 'Server Key'), this.#message)
    return Buffer.from(serverFinal).toString() === `v=${signature.toString('base64')}`
  }

  #keyed(key: Uint8Array, text: string): Buffer {
    return createHmac(scramHash(this.#mechanism).name, key).update(text).digest()
  }
}

export const attributesOf = (message: string): Record<string, string> =>
  Object.fromEntries(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]))
