import {
  type Clock,
  invariant,
  KoineError,
  type Randomness,
  type WebhookEndpointId,
  webhookEndpointIds,
} from '@koine/base'
import type { Attributes, TenantScope } from '@koine/stores-ports'
import { isPublicAddress, isWebPort, literalAddress } from '../outbound/addresses.ts'
import type { NotifyLimits } from '../limits.ts'
import { formatVersion, known } from '../records.ts'
import type { SealedSecrets } from '../sealing/sealed-secrets.ts'
import type { NewWebhookEndpoint, WebhookEndpoint, WebhookEndpointChanges } from './endpoint.ts'
import {
  decodeEndpoint,
  decodeHealth,
  endpointCountKey,
  type EndpointFacts,
  type EndpointHealth,
  endpointKey,
  endpointView,
  healthKey,
} from './endpoint-records.ts'
import { checkedWebhookSecret, makeWebhookSecret } from './signature.ts'

interface EndpointsOptions {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly secrets: SealedSecrets
  readonly limits: NotifyLimits
  readonly allowPrivateAddresses: boolean
}

export interface EndpointState {
  readonly facts: EndpointFacts
  readonly health: EndpointHealth
}

const urlCharactersMax = 2048
const eventTypesMax = 50
const descriptionCharactersMax = 200
const overlapMsMax = 30 * 24 * 3600 * 1000
const triesMax = 10

/** The endpoints that a tenant wants its events sent to. What isn't there is `not_found`. */
export class Endpoints {
  readonly #o: EndpointsOptions

  constructor(options: EndpointsOptions) {
    this.#o = options
  }

  /**
   * The secret is told here and at its rotation, and never again.
   * @param id of an earlier, interrupted try, which this call finishes rather than repeats
   * Errors: `invalid_request`, also when there are as many as there may be.
   */
  async create(
    scope: TenantScope,
    wish: NewWebhookEndpoint & { readonly id?: WebhookEndpointId },
  ): Promise<WebhookEndpoint & { readonly secret: string }> {
    const id = wish.id ?? webhookEndpointIds.make(this.#o)
    const secret = wish.secret === undefined ? makeWebhookSecret(this.#o.randomness) : checkedWebhookSecret(wish.secret)
    const attributes = {
      ...this.#checked(wish),
      v: formatVersion,
      e: true,
      a: this.#o.clock.now(),
      ...this.#sealed(scope, id, secret),
    }
    const made = await this.#retried(async () => {
      if (await scope.tables.get(endpointKey(id))) return this.#replaceSecret(scope, id, secret)
      const count = await scope.tables.get(endpointCountKey)
      const n = count ? (known(count)['n'] as number) : 0
      if (n >= this.#o.limits.endpointsMax) {
        throw new KoineError(
          'invalid_request',
          `A tenant has at most ${this.#o.limits.endpointsMax} webhook endpoints.`,
        )
      }
      const { ok } = await scope.tables.write({
        operations: [
          { put: endpointKey(id), attributes, if: 'absent' },
          { put: healthKey(id), attributes: { v: formatVersion, w: 0 } },
          {
            put: endpointCountKey,
            attributes: { v: formatVersion, n: n + 1 },
            if: count ? { version: count.version } : 'absent',
          },
        ],
      })
      return ok || undefined
    })
    invariant(made, 'an endpoint is made, or the call fails')
    return { ...(await this.get(scope, id)), secret }
  }

  async list(scope: TenantScope): Promise<WebhookEndpoint[]> {
    const states = await this.states(scope)
    return states.map(({ facts, health }) => endpointView(facts, health, this.#o.clock.now()))
  }

  async get(scope: TenantScope, id: WebhookEndpointId): Promise<WebhookEndpoint> {
    const state = await this.state(scope, id)
    if (!state) throw noEndpoint(id)
    return endpointView(state.facts, state.health, this.#o.clock.now())
  }

  async update(scope: TenantScope, id: WebhookEndpointId, changes: WebhookEndpointChanges): Promise<WebhookEndpoint> {
    const { enabled, ...rest } = changes
    if (enabled !== undefined && typeof enabled !== 'boolean') throw refusal('enabled is true or false.')
    const set = { ...this.#checkedChanges(rest), ...(enabled !== undefined && { e: enabled }) }
    const { ok } = await scope.tables.write({
      operations: [
        { update: endpointKey(id), set, if: 'present' },
        ...(enabled === true ? [{ update: healthKey(id), remove: ['x', 'y', 'f'], if: 'present' } as const] : []),
      ],
    })
    if (!ok) throw noEndpoint(id)
    return this.get(scope, id)
  }

  /** What waits for it is given up; its deliveries can't be read any more. */
  async remove(scope: TenantScope, id: WebhookEndpointId): Promise<void> {
    await this.#retried(async () => {
      const count = await scope.tables.get(endpointCountKey)
      if (!count || !(await scope.tables.get(endpointKey(id)))) throw noEndpoint(id)
      const n = known(count)['n'] as number
      const { ok } = await scope.tables.write({
        operations: [
          { delete: endpointKey(id), if: 'present' },
          { delete: healthKey(id) },
          { put: endpointCountKey, attributes: { v: formatVersion, n: n - 1 }, if: { version: count.version } },
        ],
      })
      return ok || undefined
    })
  }

  /** From now on the new secret signs, and for a while the one before it too, so that receivers can change over. */
  async rotateSecret(
    scope: TenantScope,
    id: WebhookEndpointId,
    wish: { readonly secret?: string; readonly overlapMs?: number } = {},
  ): Promise<{ secret: string; previousSecretUntil: string }> {
    const secret = wish.secret === undefined ? makeWebhookSecret(this.#o.randomness) : checkedWebhookSecret(wish.secret)
    const overlapMs = wish.overlapMs ?? this.#o.limits.secretOverlapMs
    if (!Number.isSafeInteger(overlapMs) || overlapMs < 0 || overlapMs > overlapMsMax) {
      throw refusal(`overlapMs is a whole number from 0 to ${overlapMsMax}.`)
    }
    const untilMs = this.#o.clock.now() + overlapMs
    await this.#retried(async () => {
      const state = await this.state(scope, id)
      if (!state) throw noEndpoint(id)
      const { version, secret: before } = state.facts
      const set = { ...this.#sealed(scope, id, secret), o: before, q: untilMs }
      return (
        (await scope.tables.write({ operations: [{ update: endpointKey(id), set, if: { version } }] })).ok || undefined
      )
    })
    return { secret, previousSecretUntil: new Date(untilMs).toISOString() }
  }

  async states(scope: TenantScope): Promise<EndpointState[]> {
    const limit = this.#o.limits.endpointsMax
    const { records } = await scope.tables.query({ table: 'webhook-endpoints', pk: 'all', limit })
    if (records.length === 0) return []
    const endpoints = records.map(decodeEndpoint)
    const healths = await scope.tables.getMany(endpoints.map(({ id }) => healthKey(id)))
    return endpoints.map((facts, index) => ({ facts, health: decodeHealth(healths[index]) }))
  }

  async state(scope: TenantScope, id: WebhookEndpointId): Promise<EndpointState | undefined> {
    const [endpoint, health] = await scope.tables.getMany([endpointKey(id), healthKey(id)])
    return endpoint && { facts: decodeEndpoint(endpoint), health: decodeHealth(health) }
  }

  /** Those that sign now, the newest first. */
  signingSecrets(scope: TenantScope, { id, secret, previous }: EndpointFacts): string[] {
    const place = placeOf(scope, id)
    const both = previous && previous.untilMs > this.#o.clock.now() ? [secret, previous.secret] : [secret]
    return both.map((sealed) => this.#o.secrets.open(sealed, place))
  }

  async #replaceSecret(scope: TenantScope, id: WebhookEndpointId, secret: string): Promise<true | undefined> {
    const set = this.#sealed(scope, id, secret)
    return (await scope.tables.write({ operations: [{ update: endpointKey(id), set, if: 'present' }] })).ok || undefined
  }

  #sealed(scope: TenantScope, id: WebhookEndpointId, secret: string): { s: Uint8Array } {
    return { s: this.#o.secrets.seal(secret, placeOf(scope, id)) }
  }

  #checked({ url, eventTypes = [], description = '' }: NewWebhookEndpoint): Attributes {
    return this.#checkedChanges({ url, eventTypes, description })
  }

  #checkedChanges({ url, eventTypes, description }: WebhookEndpointChanges): Attributes {
    return {
      ...(url !== undefined && { u: checkedUrl(url, this.#o.allowPrivateAddresses) }),
      ...(eventTypes !== undefined && { t: checkedTypes(eventTypes) }),
      ...(description !== undefined && { d: checkedDescription(description) }),
    }
  }

  /** Tries again when another change came first. */
  async #retried<T>(attempt: () => Promise<T | undefined>): Promise<T> {
    for (let tries = 0; tries < triesMax; tries++) {
      const result = await attempt()
      if (result !== undefined) return result
    }
    throw new KoineError('conflict', 'The webhook endpoints change too fast; try again.')
  }
}

const placeOf = ({ tenantId }: TenantScope, id: WebhookEndpointId) => ({ tenantId, name: `webhook ${id}` })

export const noEndpoint = (id: WebhookEndpointId): KoineError =>
  new KoineError('not_found', `There is no webhook endpoint ${id}.`)

const refusal = (message: string): KoineError => new KoineError('invalid_request', message)

/** What a name leads to is judged at each connection; an address can be judged now. */
function checkedUrl(text: string, allowPrivate: boolean): string {
  const url = typeof text === 'string' && text.length <= urlCharactersMax ? URL.parse(text) : null
  const isTls = url?.protocol === 'https:' || (allowPrivate && url?.protocol === 'http:')
  if (!url || !isTls) throw refusal(`The url is an https URL of at most ${urlCharactersMax} characters.`)
  if (url.username !== '' || url.password !== '') throw refusal('The url holds no user name and no password.')
  if (url.href.length > urlCharactersMax) throw refusal(`The url is longer than ${urlCharactersMax} characters.`)
  const address = literalAddress(url)
  if (allowPrivate) return url.href
  if (address !== undefined && !isPublicAddress(address))
    throw refusal('The url leads to an address that may not be reached.')
  if (!isWebPort(url)) throw refusal('The port of the url is 80, 443, or one from 1024 that isn’t another protocol’s.')
  return url.href
}

function checkedTypes(types: readonly string[]): readonly string[] {
  const isList = Array.isArray(types) && types.length <= eventTypesMax
  if (isList && types.every((type) => typeof type === 'string' && /^[a-z0-9][a-z0-9._-]{0,99}$/.test(type))) {
    return [...new Set(types)]
  }
  throw refusal(`eventTypes are at most ${eventTypesMax} names such as \`koine.message.sent\`.`)
}

function checkedDescription(text: string): string {
  if (typeof text === 'string' && text.length <= descriptionCharactersMax && text.isWellFormed()) return text
  throw refusal(`The description has at most ${descriptionCharactersMax} characters.`)
}
