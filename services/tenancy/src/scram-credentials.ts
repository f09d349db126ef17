import { createHash, createHmac, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

/**
 * What a server keeps of a password for SCRAM (RFC 5802, section 3): enough to check a proof, not enough to make one. A
 * type, not an interface, so that it is an attribute of a record as it stands.
 */
export type ScramCredential = {
  readonly salt: Uint8Array
  readonly iterations: number
  readonly storedKey: Uint8Array
  readonly serverKey: Uint8Array
}
export type ScramCredentials = { readonly [mechanism in ScramMechanism]: ScramCredential }

export const scramMechanisms = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const satisfies readonly ScramMechanism[]

/** The least that RFC 7677 allows, and enough for a secret that can't be guessed. */
export const scramIterationsMin = 4096

export const scramHash = (mechanism: ScramMechanism): { readonly name: 'sha256' | 'sha512'; readonly bytes: 32 | 64 } =>
  mechanism === 'SCRAM-SHA-256' ? { name: 'sha256', bytes: 32 } : { name: 'sha512', bytes: 64 }

const derive = promisify(pbkdf2)

export async function scramCredentialOf(
  mechanism: ScramMechanism,
  { password, salt, iterations }: { readonly password: string; readonly salt: Uint8Array; readonly iterations: number },
): Promise<ScramCredential> {
  const { name, bytes } = scramHash(mechanism)
  return scramCredentialOfSalted(mechanism, {
    saltedPassword: await derive(password.normalize('NFKC'), salt, iterations, bytes, name),
    salt,
    iterations,
  })
}

/** For a client that salts the password itself, so that it never leaves it. */
export function scramCredentialOfSalted(
  mechanism: ScramMechanism,
  {
    saltedPassword,
    salt,
    iterations,
  }: { readonly saltedPassword: Uint8Array; readonly salt: Uint8Array; readonly iterations: number },
): ScramCredential {
  const { name } = scramHash(mechanism)
  const keyed = (text: string): Uint8Array => createHmac(name, saltedPassword).update(text).digest()
  return {
    salt,
    iterations,
    storedKey: createHash(name).update(keyed('Client Key')).digest(),
    serverKey: keyed('Server Key'),
  }
}
