import { createHash, createPrivateKey, type KeyObject } from 'node:crypto'
import { type Clock, KoineError, type Randomness } from '@koine/base'
import type { Attributes, RecordKey, TableRecord, TenantScope } from '@koine/stores-ports'
import { formatVersion, known } from '../records.ts'
import type { SealedSecrets } from '../sealing/sealed-secrets.ts'
import type { PushProviderName } from './device.ts'
import type { ApnsCredentials } from './providers/apns.ts'
import type { FcmCredentials } from './providers/fcm.ts'
import { memberOf } from './providers/provider.ts'
import { makeVapidKeys, vapidPublicKey } from './providers/vapid.ts'
import type { WebPushCredentials } from './providers/web-push.ts'

/** What a tenant gives. */
export type NewPushCredentials =
  /** Without a key the one that is there stays, or one is made. Another key makes every subscription useless. */
  | { readonly provider: 'web-push'; readonly contact: string; readonly privateKey?: string }
  | ({ readonly provider: 'apns' } & ApnsCredentials)
  /** The JSON key file of a service account, as text. */
  | { readonly provider: 'fcm'; readonly serviceAccount: string }

/** What may be shown of them. */
export interface PushCredentialsView {
  readonly provider: PushProviderName
  /** Web Push: publicKey, contact. APNs: teamId, keyId, topic. FCM: projectId, clientEmail. */
  readonly details: Readonly<Record<string, string>>
  /** ISO 8601. */
  readonly changedAt: string
  /** Why the provider doesn't accept them. */
  readonly problem?: { readonly reason: string; readonly since: string }
}

export interface LoadedCredentials<C> {
  readonly credentials: C
  /** Changes with the credentials, and tells nothing about them. */
  readonly fingerprint: string
}

export interface CredentialsOf {
  readonly 'web-push': WebPushCredentials
  readonly apns: ApnsCredentials
  readonly fcm: FcmCredentials
}

interface Parts {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly secrets: SealedSecrets
  /** For the keys that are made before a tenant says whom to write to. */
  readonly contact: string
}

const providerNames: readonly PushProviderName[] = ['web-push', 'apns', 'fcm']

/** The credentials of each tenant with the push services: their secrets are sealed, and never shown again. */
export class PushCredentials {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Errors: `invalid_request`, without a word of the secret. */
  async set(scope: TenantScope, wish: NewPushCredentials): Promise<PushCredentialsView> {
    if (wish.provider === 'web-push') await this.#setWebPush(scope, wish)
    else await this.#put(scope, wish.provider, wish.provider === 'apns' ? checkedApns(wish) : checkedFcm(wish))
    const view = (await this.list(scope)).find(({ provider }) => provider === wish.provider)
    if (!view) throw new KoineError('conflict', 'The credentials were removed at the same time.')
    return view
  }

  async list(scope: TenantScope): Promise<PushCredentialsView[]> {
    const [records, problems] = await Promise.all([
      scope.tables.getMany(providerNames.map(credentialsKey)),
      scope.tables.getMany(providerNames.map(problemKey)),
    ])
    return records.flatMap((record, index) => (record ? [viewOf(record, problems[index])] : []))
  }

  async has(scope: TenantScope): Promise<boolean> {
    const records = await scope.tables.getMany(providerNames.map(credentialsKey))
    return records.some((record) => record !== undefined)
  }

  /** False when there were none. */
  async remove(scope: TenantScope, provider: PushProviderName): Promise<boolean> {
    const { ok } = await scope.tables.write({
      operations: [{ delete: credentialsKey(provider), if: 'present' }, { delete: problemKey(provider) }],
    })
    return ok
  }

  /** The key that browsers subscribe with; made when it is first asked for. */
  async webPushPublicKey(scope: TenantScope): Promise<string> {
    const held = await scope.tables.get(credentialsKey('web-push'))
    if (held) return publicPart(held)['publicKey']!
    const { publicKey, privateKey } = makeVapidKeys(this.#parts.randomness)
    const made = await this.#put(
      scope,
      'web-push',
      { details: { publicKey, contact: this.#parts.contact }, secret: privateKey },
      'absent',
    )
    return made ? publicKey : this.webPushPublicKey(scope)
  }

  async load<P extends PushProviderName>(
    scope: TenantScope,
    provider: P,
  ): Promise<LoadedCredentials<CredentialsOf[P]> | undefined> {
    const record = await scope.tables.get(credentialsKey(provider))
    if (!record) return undefined
    const sealed = known(record)['s'] as Uint8Array
    const privateKey = this.#parts.secrets.open(sealed, { tenantId: scope.tenantId, name: `push ${provider}` })
    const credentials = { ...publicPart(record), privateKey } as unknown as CredentialsOf[P]
    return { credentials, fingerprint: fingerprintOf(scope, record) }
  }

  /** Keeps what a provider says of the credentials, to be told; undefined when it accepts them. */
  async note(scope: TenantScope, provider: PushProviderName, fingerprint: string, reason?: string): Promise<boolean> {
    const key = problemKey(provider)
    const held = await scope.tables.get(key)
    if (!held && reason === undefined) return false
    if (held && known(held)['f'] === fingerprint && known(held)['r'] === reason) return false
    const attributes = { v: formatVersion, f: fingerprint, r: reason ?? '', a: this.#parts.clock.now() }
    await scope.tables.write({ operations: [reason === undefined ? { delete: key } : { put: key, attributes }] })
    return true
  }

  async #setWebPush(scope: TenantScope, wish: NewPushCredentials & { provider: 'web-push' }): Promise<void> {
    const contact = checkedContact(wish.contact)
    if (wish.privateKey !== undefined) {
      const details = { publicKey: checkedVapidKey(wish.privateKey), contact }
      await this.#put(scope, 'web-push', { details, secret: wish.privateKey })
      return
    }
    const publicKey = await this.webPushPublicKey(scope)
    const set = { p: { publicKey, contact }, a: this.#parts.clock.now() }
    await scope.tables.write({ operations: [{ update: credentialsKey('web-push'), set, if: 'present' }] })
  }

  async #put(
    scope: TenantScope,
    provider: PushProviderName,
    { details, secret }: Checked,
    condition?: 'absent',
  ): Promise<boolean> {
    const sealed = this.#parts.secrets.seal(secret, { tenantId: scope.tenantId, name: `push ${provider}` })
    const attributes = { v: formatVersion, p: details, s: sealed, a: this.#parts.clock.now() }
    const put = { put: credentialsKey(provider), attributes, ...(condition && { if: condition }) }
    return (await scope.tables.write({ operations: [put, { delete: problemKey(provider) }] })).ok
  }
}

interface Checked {
  readonly details: Readonly<Record<string, string>>
  readonly secret: string
}

const credentialsKey = (provider: PushProviderName): RecordKey => ({
  table: 'push-credentials',
  pk: 'all',
  sk: provider,
})
const problemKey = (provider: PushProviderName): RecordKey => ({ table: 'push-problems', pk: 'all', sk: provider })

const publicPart = (record: TableRecord): Readonly<Record<string, string>> =>
  known(record)['p'] as Attributes as Readonly<Record<string, string>>

function fingerprintOf(scope: TenantScope, record: TableRecord): string {
  const { s, p } = known(record)
  const hash = createHash('sha256').update(`${scope.tenantId}\n${JSON.stringify(p)}\n`)
  return hash.update(s as Uint8Array).digest('base64url')
}

function viewOf(record: TableRecord, problem: TableRecord | undefined): PushCredentialsView {
  const { r, a } = problem ? known(problem) : {}
  return {
    provider: record.key.sk as PushProviderName,
    details: publicPart(record),
    changedAt: new Date(known(record)['a'] as number).toISOString(),
    ...(problem && { problem: { reason: r as string, since: new Date(a as number).toISOString() } }),
  }
}

const refusal = (message: string): KoineError => new KoineError('invalid_request', message)

function checkedContact(contact: string): string {
  if (
    typeof contact === 'string' &&
    /^(mailto:[^\s@]+@[^\s@]+|https:\/\/\S+)$/.test(contact) &&
    contact.length <= 200
  ) {
    return contact
  }
  throw refusal('The contact is a `mailto:` or `https:` address of at most 200 characters.')
}

function checkedVapidKey(privateKey: string): string {
  if (typeof privateKey === 'string' && /^[\w-]{43}$/.test(privateKey)) {
    try {
      return vapidPublicKey(privateKey)
    } catch {
      // Told below, with nothing of the key in it.
    }
  }
  throw refusal('A VAPID private key is a scalar of P-256: 32 bytes, 43 characters of base64url.')
}

function checkedApns({ teamId, keyId, topic, privateKey }: ApnsCredentials): Checked {
  const isId = (text: unknown): boolean => typeof text === 'string' && /^[A-Za-z0-9]{10}$/.test(text)
  if (!isId(teamId) || !isId(keyId)) throw refusal('teamId and keyId have 10 letters and digits each.')
  if (typeof topic !== 'string' || !/^[A-Za-z0-9.-]{1,155}$/.test(topic)) throw refusal('The topic is a bundle id.')
  if (keyFrom(privateKey)?.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw refusal('The privateKey is a P-256 key in PEM, as in the .p8 file.')
  }
  return { details: { teamId, keyId, topic }, secret: privateKey }
}

function checkedFcm({ serviceAccount }: { readonly serviceAccount: string }): Checked {
  const account = parsed(serviceAccount)
  const [projectId, clientEmail] = [memberOf(account, 'project_id'), memberOf(account, 'client_email')]
  const privateKey = memberOf(account, 'private_key')
  const isNamed = typeof projectId === 'string' && /^[a-z0-9:.-]{1,100}$/.test(projectId)
  const isAddressed = typeof clientEmail === 'string' && /^[^\s@]{1,100}@[^\s@]{1,200}$/.test(clientEmail)
  if (!isNamed || !isAddressed || typeof privateKey !== 'string' || keyFrom(privateKey)?.asymmetricKeyType !== 'rsa') {
    throw refusal('The serviceAccount is the JSON key file of a service account, with an RSA key.')
  }
  return { details: { projectId, clientEmail }, secret: privateKey }
}

function parsed(text: unknown): unknown {
  if (typeof text !== 'string' || text.length > 20_000) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined // Told by whoever misses its members, with nothing of the text in it.
  }
}

function keyFrom(pem: unknown): KeyObject | undefined {
  if (typeof pem !== 'string' || pem.length > 10_000) return undefined
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined // Told by the caller, with nothing of the key in it.
  }
}
