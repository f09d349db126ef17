import { webcrypto } from 'node:crypto'

const { subtle } = webcrypto
const curve = { name: 'ECDH', namedCurve: 'P-256' } as const
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, 'base64url'))
const textOf = (bytes: ArrayBuffer | Uint8Array): string => Buffer.from(bytes as Uint8Array).toString('base64url')

/** The receiving end of RFC 8291, written from the RFC over Web Crypto: it shares nothing with the sender. */
export class Browser {
  readonly p256dh: string
  readonly auth: string
  readonly #privateKey: webcrypto.CryptoKey

  private constructor(privateKey: webcrypto.CryptoKey, p256dh: string, auth: string) {
    this.#privateKey = privateKey
    this.p256dh = p256dh
    this.auth = auth
  }

  static async make(): Promise<Browser> {
    const keys = await subtle.generateKey(curve, true, ['deriveBits'])
    const auth = textOf(webcrypto.getRandomValues(new Uint8Array(16)))
    return new Browser(keys.privateKey, textOf(await subtle.exportKey('raw', keys.publicKey)), auth)
  }

  /** From given keys, in base64url. */
  static async of(keys: {
    readonly privateKey: string
    readonly p256dh: string
    readonly auth: string
  }): Promise<Browser> {
    const point = bytesOf(keys.p256dh)
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      d: keys.privateKey,
      x: textOf(point.subarray(1, 33)),
      y: textOf(point.subarray(33)),
    }
    return new Browser(await subtle.importKey('jwk', jwk, curve, false, ['deriveBits']), keys.p256dh, keys.auth)
  }

  /** Throws when it isn't a message to this browser. */
  async read(body: Uint8Array): Promise<string> {
    const message = new Uint8Array(body)
    const view = new DataView(message.buffer)
    const [salt, recordSize, keyLength] = [message.slice(0, 16), view.getUint32(16), message[20]!]
    if (recordSize !== 4096 || keyLength !== 65) throw new Error('an unexpected header')
    const sender = message.slice(21, 21 + keyLength)
    const senderKey = await subtle.importKey('raw', sender, curve, false, [])
    const shared = await subtle.deriveBits({ name: 'ECDH', public: senderKey }, this.#privateKey, 256)
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), bytesOf(this.p256dh), sender])
    const material = await hkdf(shared, bytesOf(this.auth), info, 32)
    const contentKey = await hkdf(material, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16)
    const iv = await hkdf(material, salt, Buffer.from('Content-Encoding: nonce\0'), 12)
    const key = await subtle.importKey('raw', contentKey, 'AES-GCM', false, ['decrypt'])
    const record = Buffer.from(await subtle.decrypt({ name: 'AES-GCM', iv }, key, message.slice(21 + keyLength)))
    const end = record.lastIndexOf(2)
    if (end < 0 || record.subarray(end + 1).some((byte) => byte !== 0)) throw new Error('no end of the last record')
    return record.subarray(0, end).toString('utf8')
  }
}

async function hkdf(
  material: ArrayBuffer,
  salt: Uint8Array<ArrayBuffer>,
  info: Buffer,
  bytes: number,
): Promise<ArrayBuffer> {
  const key = await subtle.importKey('raw', material, 'HKDF', false, ['deriveBits'])
  return subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info: new Uint8Array(info) }, key, bytes * 8)
}
