import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Clock, KoineError, type TenantId, tenantIds } from '@koine/base'
import { checkBlobKey } from './blob-validation.ts'
import { blobLimits } from './blobs.ts'

export interface BlobSignerOptions {
  readonly clock: Pick<Clock, 'now'>
  /** What the URLs start with, such as `https://chat.example.com`; empty for a path alone. */
  readonly baseUrl: string
  /** At least 16 bytes; whoever knows it can make URLs. */
  readonly secret: Uint8Array
}

export interface SignedRequest {
  readonly method: 'GET' | 'PUT'
  readonly tenant: TenantId
  readonly key: string
}

const pathStart = '/v1/blobs/'

/**
 * Presigned URLs for engines that have none of their own:
 * `<base>/v1/blobs/<tenant>/<key>?method=GET&expires=<Unix milliseconds>&signature=<HMAC-SHA256, base64url>`.
 */
export class BlobSigner {
  readonly #clock: Pick<Clock, 'now'>
  readonly #baseUrl: string
  readonly #secret: Uint8Array

  constructor({ clock, baseUrl, secret }: BlobSignerOptions) {
    if (secret.length < 16) throw new KoineError('invalid_request', 'The secret of presigned URLs is under 16 bytes.')
    this.#clock = clock
    this.#baseUrl = baseUrl.replace(/\/+$/, '')
    this.#secret = secret
  }

  sign({ method, tenant, key }: SignedRequest, expiresInMs: number): string {
    checkBlobKey(key)
    if (!(expiresInMs > 0 && expiresInMs <= blobLimits.presignMs)) {
      throw new KoineError('invalid_request', `A presigned URL lives for up to ${blobLimits.presignMs} ms.`)
    }
    const expires = String(Math.ceil(this.#clock.now() + expiresInMs))
    const signature = this.#signature({ method, tenant, key }, expires).toString('base64url')
    const path = [tenant, ...key.split('/')].map(encodeURIComponent).join('/')
    return `${this.#baseUrl}${pathStart}${path}?${new URLSearchParams({ method, expires, signature }).toString()}`
  }

  /**
   * What a request to a presigned URL may do; undefined when it is malformed, altered, expired, or of another method.
   * @param target path and query, as in the request line
   */
  verify(method: string, target: string): SignedRequest | undefined {
    const claim = parseTarget(target)
    if (!claim || claim.request.method !== method) return undefined
    if (!(Number(claim.expires) > this.#clock.now())) return undefined
    const expected = this.#signature(claim.request, claim.expires)
    const given = Buffer.from(claim.signature, 'base64url')
    return given.length === expected.length && timingSafeEqual(given, expected) ? claim.request : undefined
  }

  /** No part can hold a line feed: keys have no control characters. */
  #signature({ method, tenant, key }: SignedRequest, expires: string): Buffer {
    return createHmac('sha256', this.#secret).update(['koine-blob-1', method, tenant, key, expires].join('\n')).digest()
  }
}

function parseTarget(target: string): { request: SignedRequest; expires: string; signature: string } | undefined {
  const [path = '', query = ''] = target.split('?', 2)
  if (!path.startsWith(pathStart)) return undefined
  try {
    const [tenantText, ...parts] = path.slice(pathStart.length).split('/').map(decodeURIComponent)
    const parameters = new URLSearchParams(query)
    const [method, expires, signature] = ['method', 'expires', 'signature'].map((name) => parameters.get(name))
    const tenant = tenantIds.parse(tenantText)
    const key = parts.join('/')
    checkBlobKey(key)
    if (!tenant || !expires || !signature || (method !== 'GET' && method !== 'PUT')) return undefined
    return { request: { method, tenant, key }, expires, signature }
  } catch {
    return undefined // A bad percent escape or a key that can't be: no URL of ours.
  }
}
