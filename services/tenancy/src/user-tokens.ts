import { type Clock, KoineError, type TenantId, tenantIds, type UserId, userIds } from '@koine/base'
import { decodeJwt, errors, jwtVerify, SignJWT } from 'jose'

export const tokenLifeMs = { shortest: 1000, usual: 3600 * 1000, longest: 24 * 3600 * 1000 } as const

/** Signs `{ iss: tenant, sub: user, iat, exp }` with HS256. `expiresInMs` has the precision of a second, rounded up. */
export async function signUserToken(
  secret: Uint8Array,
  clock: Clock,
  { tenantId, userId, expiresInMs }: { tenantId: TenantId; userId: UserId; expiresInMs: number },
): Promise<{ token: string; expiresAt: string }> {
  if (!(expiresInMs >= tokenLifeMs.shortest && expiresInMs <= tokenLifeMs.longest)) {
    throw new KoineError(
      'invalid_request',
      `expiresInMs is from ${tokenLifeMs.shortest} to ${tokenLifeMs.longest} (a token lives at most 24 hours).`,
    )
  }
  const issuedAt = Math.floor(clock.now() / 1000)
  const expiresAt = issuedAt + Math.ceil(expiresInMs / 1000)
  const token = await new SignJWT()
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(tenantId)
    .setSubject(userId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(secret)
  return { token, expiresAt: new Date(expiresAt * 1000).toISOString() }
}

/** Whose token it says it is: nothing is believed of it but which secret to check it with. */
export function unverifiedIssuer(token: string): TenantId | undefined {
  try {
    return tenantIds.parse(decodeJwt(token).iss)
  } catch {
    return undefined // Not a JWT: the caller answers as for any bad credential.
  }
}

/** The user and the end of a token that this tenant signed and that still holds; undefined for any other. */
export async function verifyUserToken(
  token: string,
  secret: Uint8Array,
  clock: Clock,
  tenantId: TenantId,
): Promise<{ userId: UserId; expiresAtMs: number } | undefined> {
  try {
    const { payload } = await jwtVerify(token, secret, {
      algorithms: ['HS256'],
      issuer: tenantId,
      requiredClaims: ['iss', 'sub', 'iat', 'exp'],
      currentDate: new Date(clock.now()),
    })
    const userId = userIds.parse(payload.sub)
    return userId && payload.exp !== undefined ? { userId, expiresAtMs: payload.exp * 1000 } : undefined
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}
