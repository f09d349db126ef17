import { KoineError } from '@koine/base'

/** The scope that may do everything in its tenant. Others are names of the tenant's own, and may what its ACLs say. */
export const adminScope = 'admin'

const scopesMax = 16
const scopePattern = /^[a-z0-9.-]{1,64}$/

/** The scopes of a new key, each once. Without any it is `admin`. */
export function checkedScopes(scopes: readonly string[] = []): readonly string[] {
  const distinct = [...new Set(scopes)]
  if (distinct.length > scopesMax || !distinct.every((scope) => scopePattern.test(scope))) {
    throw new KoineError(
      'invalid_request',
      `A key has at most ${scopesMax} scopes, each of 1 to 64 of a-z, 0-9, "." and "-".`,
    )
  }
  return distinct.length === 0 ? [adminScope] : distinct
}
