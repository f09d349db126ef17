import { KoineError, type Randomness } from '@koine/base'

/**
 * The operator's credential: as configured, or in development as kept from an earlier start, or made now.
 * @throws KoineError in production when none is configured
 */
export function adminToken({ configured, kept, mode, randomness }: AdminTokenSources): string {
  if (configured !== '') return configured
  if (mode === 'production') {
    throw new KoineError(
      'invalid_request',
      'production mode needs an admin token of at least 16 characters: set KOINE_ADMIN_TOKEN',
    )
  }
  return kept ?? `admin_${Buffer.from(randomness.fill(new Uint8Array(32))).toString('base64url')}`
}

interface AdminTokenSources {
  readonly configured: string
  readonly kept: string | undefined
  readonly mode: 'development' | 'production'
  readonly randomness: Randomness
}
