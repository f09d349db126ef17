import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { invariant, KoineError, type Randomness, type TenantId } from '@koine/base'
import type { RecordKey, TenantTables } from '@koine/stores-ports'

/*
 * The secrets that tenants give into keeping, and that have to be used again: AES-256-GCM under a key drawn from one that
 * isn't in the tenant's own store. Laid out as version (1 byte, 1), salt (16), nonce (12), tag (16), ciphertext. Tenant
 * and place are authenticated with it, so that a secret moved to another record or tenant doesn't open.
 */
const version = 1
const headerBytes = 1 + 16 + 12 + 16
const sealingKeyBytes = 32

/** Where a secret stands: one text for each record and member. */
export interface SecretPlace {
  readonly tenantId: TenantId
  readonly name: string
}

export class SealedSecrets {
  readonly #keys: readonly Uint8Array[]
  readonly #randomness: Randomness

  /** @param keys of 32 bytes: the first seals, all of them open */
  constructor(keys: readonly Uint8Array[], randomness: Randomness) {
    invariant(keys.length > 0 && keys.every((key) => key.length === sealingKeyBytes), 'a sealing key has 32 bytes')
    this.#keys = keys
    this.#randomness = randomness
  }

  seal(text: string, place: SecretPlace): Uint8Array {
    const salt = this.#randomness.fill(new Uint8Array(16))
    const nonce = this.#randomness.fill(new Uint8Array(12))
    const cipher = createCipheriv('aes-256-gcm', drawnKey(this.#keys[0]!, salt), nonce)
    cipher.setAAD(placeBytes(place))
    const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return Buffer.concat([Buffer.of(version), salt, nonce, cipher.getAuthTag(), ciphertext])
  }

  /** Errors: `internal` when none of the keys opens it here. */
  open(sealed: Uint8Array, place: SecretPlace): string {
    if (sealed.length >= headerBytes && sealed[0] === version) {
      for (const key of this.#keys) {
        const text = opened(sealed, key, place)
        if (text !== undefined) return text
      }
    }
    throw new KoineError('internal', `The secret ${place.name} doesn't open: it was sealed under another key.`)
  }
}

function opened(sealed: Uint8Array, key: Uint8Array, place: SecretPlace): string | undefined {
  const decipher = createDecipheriv('aes-256-gcm', drawnKey(key, sealed.subarray(1, 17)), sealed.subarray(17, 29))
  decipher.setAAD(placeBytes(place))
  decipher.setAuthTag(sealed.subarray(29, 45))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(45)), decipher.final()]).toString('utf8')
  } catch {
    return undefined // The tag doesn't match: another key, or another place.
  }
}

const drawnKey = (key: Uint8Array, salt: Uint8Array): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', key, salt, 'koine notify secret', 32))

const placeBytes = ({ tenantId, name }: SecretPlace): Uint8Array => Buffer.from(`${tenantId}\n${name}`)

const keyRecord: RecordKey = { table: 'notify-sealing-key', pk: 'all', sk: '' }

/**
 * The sealing key of an installation whose operator gave none, made when it is first asked for. It is kept with the
 * control plane, apart from what it seals.
 */
export async function installationSealingKey(control: TenantTables, randomness: Randomness): Promise<Uint8Array> {
  const key = randomness.fill(new Uint8Array(sealingKeyBytes))
  const made = await control.write({ operations: [{ put: keyRecord, attributes: { v: 1, key }, if: 'absent' }] })
  if (made.ok) return key
  const held = await control.get(keyRecord)
  invariant(held !== undefined, 'a sealing key is never removed')
  return held.attributes['key'] as Uint8Array
}
