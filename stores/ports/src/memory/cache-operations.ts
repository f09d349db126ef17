import { invariant, KoineError } from '@koine/base'
import { type CacheKey, cacheLimits, type SortedMember, type TenantCache } from '../cache.ts'
import { type CacheSpace, memberOverheadBytes, textBytes } from './cache-space.ts'

/** Where an operation takes place: a key of one tenant, now by the monotonic clock. */
export interface CachePlace {
  readonly keys: CacheSpace
  readonly key: string
  readonly nowMs: number
}

export function increment({ keys, key, nowMs }: CachePlace, by: number, expiresInMs: number): number {
  invariant(Number.isSafeInteger(by), 'A counter counts whole numbers.')
  checkExpiry(expiresInMs)
  const { value, made } = keys.claim(key, 'counter', nowMs)
  if (made) keys.expire(key, nowMs + expiresInMs)
  value.count += by
  return value.count
}

export const count = ({ keys, key, nowMs }: CachePlace): number | undefined => keys.find(key, 'counter', nowMs)?.count

export function hashSet(
  { keys, key, nowMs }: CachePlace,
  fields: { readonly [field: string]: string },
  expiresInMs: number,
): void {
  checkExpiry(expiresInMs)
  const entries = Object.entries(fields)
  for (const [field, text] of entries) checkText('field of a hash', field + text, cacheLimits.valueBytes)
  if (entries.length === 0) return
  const { value } = keys.claim(key, 'hash', nowMs)
  for (const [field, text] of entries) {
    keys.resize(key, fieldBytes(field, text) - fieldBytes(field, value.fields.get(field)))
    value.fields.set(field, text)
  }
  keys.expire(key, nowMs + expiresInMs)
}

export const hashGet = ({ keys, key, nowMs }: CachePlace, field: string): string | undefined =>
  keys.find(key, 'hash', nowMs)?.fields.get(field)

export const hashGetAll = ({ keys, key, nowMs }: CachePlace): { readonly [field: string]: string } =>
  Object.fromEntries(keys.find(key, 'hash', nowMs)?.fields ?? [])

export function hashDelete({ keys, key, nowMs }: CachePlace, fields: readonly string[]): void {
  const value = keys.find(key, 'hash', nowMs)
  if (!value) return
  for (const field of fields) {
    keys.resize(key, -fieldBytes(field, value.fields.get(field)))
    value.fields.delete(field)
  }
  if (value.fields.size === 0) keys.delete(key)
}

export function sortedAdd(
  { keys, key, nowMs }: CachePlace,
  members: readonly SortedMember[],
  { expiresInMs, keep = Infinity }: Parameters<TenantCache['sortedAdd']>[2],
): void {
  checkExpiry(expiresInMs)
  for (const { member, score } of members) {
    checkText('member of a sorted set', member, cacheLimits.valueBytes)
    invariant(Number.isFinite(score), 'A score is a finite number.')
  }
  if (members.length === 0) return
  const { value } = keys.claim(key, 'sorted set', nowMs)
  for (const each of members) if (value.members.add(each)) keys.resize(key, memberBytes(each.member))
  for (const { member } of value.members.trim(keep)) keys.resize(key, -memberBytes(member))
  if (value.members.size === 0) keys.delete(key)
  else keys.expire(key, nowMs + expiresInMs)
}

export function sortedRemove({ keys, key, nowMs }: CachePlace, members: readonly string[]): void {
  const value = keys.find(key, 'sorted set', nowMs)
  if (!value) return
  for (const member of members) if (value.members.remove(member)) keys.resize(key, -memberBytes(member))
  if (value.members.size === 0) keys.delete(key)
}

export const sortedRange = (
  { keys, key, nowMs }: CachePlace,
  { direction, offset = 0, limit }: Parameters<TenantCache['sortedRange']>[1],
): readonly SortedMember[] => keys.find(key, 'sorted set', nowMs)?.members.range(direction, offset, limit) ?? []

const fieldBytes = (field: string, text: string | undefined): number =>
  text === undefined ? 0 : memberOverheadBytes + textBytes(field) + textBytes(text)
const memberBytes = (member: string): number => memberOverheadBytes + textBytes(member)

/** One text for both parts: the length in front keeps `a` + `bc` and `ab` + `c` apart. */
export function keyText({ slot, name }: CacheKey): string {
  checkText('key', slot + name, cacheLimits.keyBytes)
  return `${slot.length}:${slot}${name}`
}

export function checkText(what: string, text: string, bytesMax: number): void {
  // Three bytes a UTF-16 unit is the most that UTF-8 takes, so most texts need no counting.
  if (text.length * 3 <= bytesMax || Buffer.byteLength(text) <= bytesMax) return
  throw new KoineError('too_large', `A ${what} of the cache is over ${bytesMax} bytes.`)
}

function checkExpiry(expiresInMs: number): void {
  invariant(expiresInMs > 0, 'What is cached lives for more than no time.')
}
