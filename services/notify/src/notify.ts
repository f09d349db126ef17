import {
  type Clock,
  type DeviceId,
  type EventId,
  invariant,
  KoineError,
  type Logger,
  type Metrics,
  type Randomness,
  type TenantId,
  type UserId,
  type WebhookEndpointId,
} from '@koine/base'
import type { Queue, TenantScope, WorkOptions } from '@koine/stores-ports'
import { eventOf, messageOf, type PlatformEvent } from './cloud-event.ts'
import type { Conversations } from './conversations.ts'
import { Instruments } from './instruments.ts'
import { type NotifyLimits, withDefaultLimits } from './limits.ts'
import { type Outbound, outboundFor, type OutboundWish } from './outbound/outbound.ts'
import type { Device, DeviceAddress, PushProviderName } from './push/device.ts'
import { Devices } from './push/devices.ts'
import { Apns } from './push/providers/apns.ts'
import { Fcm } from './push/providers/fcm.ts'
import { WebPush } from './push/providers/web-push.ts'
import { type NewPushCredentials, PushCredentials, type PushCredentialsView } from './push/push-credentials.ts'
import { PushDue } from './push/push-due.ts'
import { dueJobOf, dueQueue, sendJobOf, sendQueue } from './push/push-jobs.ts'
import { PushSending } from './push/push-sending.ts'
import { SealedSecrets } from './sealing/sealed-secrets.ts'
import { TenantDuties } from './tenant-duties.ts'
import { Deliveries, type DeliveryPage, replayJobOf, replayQueue, type ReplayRange } from './webhooks/deliveries.ts'
import type { Delivery, NewWebhookEndpoint, WebhookEndpoint, WebhookEndpointChanges } from './webhooks/endpoint.ts'
import { Endpoints } from './webhooks/endpoints.ts'
import { sweepLanes } from './webhooks/lane-sweep.ts'
import { LaneWork } from './webhooks/lane-work.ts'
import { laneJobOf, laneQueue } from './webhooks/lanes.ts'
import { Recording } from './webhooks/recording.ts'

export interface NotifyOptions {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
  readonly metrics: Metrics
  /** Of all tenants. */
  readonly queue: Queue
  readonly scope: (tenant: TenantId) => TenantScope
  readonly conversations: Conversations
  /** 32 bytes each: the first seals the tenants' secrets, all of them open. See `installationSealingKey`. */
  readonly sealingKeys: readonly Uint8Array[]
  /** `mailto:` or `https:`: whom push services write to where a tenant hasn't said. */
  readonly contact: string
  readonly limits?: Partial<NotifyLimits>
  readonly outbound?: OutboundWish
}

/** For what fails on our side, such as a store: what a receiver does has schedules of its own. */
const backoff = { firstMs: 1000, factor: 2, maxMs: 300_000 } as const
const attemptsMax = 100
/** Failures of the event itself, which waiting doesn't mend. */
const unreadable: ReadonlySet<string> = new Set(['invalid_request', 'too_large'])

/**
 * Push notifications to users' devices, and webhooks to tenants. Both follow from the platform's events: `add` follows
 * those of a tenant, or somebody else calls `onMessage`. Who calls the rest has checked that the caller may; what isn't
 * there, and what is another tenant's, is `not_found` alike.
 */
export class Notify implements AsyncDisposable {
  readonly #o: NotifyOptions
  readonly #limits: NotifyLimits
  readonly #instruments: Instruments
  readonly #outbound: Outbound
  readonly #credentials: PushCredentials
  readonly #devices: Devices
  readonly #due: PushDue
  readonly #sending: PushSending
  readonly #endpoints: Endpoints
  readonly #recording: Recording
  readonly #deliveries: Deliveries
  readonly #lanes: LaneWork
  readonly #duties = new Map<TenantId, TenantDuties>()
  readonly #stop = new AbortController()
  #workers: AsyncDisposable[] = []

  constructor(options: NotifyOptions) {
    const { clock, randomness, logger, metrics, conversations, contact, outbound = {} } = options
    const limits = withDefaultLimits(options.limits)
    const instruments = new Instruments(metrics)
    const secrets = new SealedSecrets(options.sealingKeys, randomness)
    const { guarded, fcm, apns, fcmOrigins, apnsOrigins } = (this.#outbound = outboundFor(clock, outbound))
    const common = { clock, randomness, logger, instruments, limits }
    const allowPrivateAddresses = outbound.allowPrivateAddresses ?? false
    const credentials = new PushCredentials({ clock, randomness, secrets, contact })
    const devices = new Devices({ clock, randomness, devicesMax: limits.devicesPerUserMax, allowPrivateAddresses })
    const providers = {
      'web-push': new WebPush({ clock, randomness, transport: guarded }),
      apns: new Apns({ clock, randomness, transport: apns }, apnsOrigins),
      fcm: new Fcm({ clock, randomness, transport: fcm }, fcmOrigins),
    }
    const endpoints = new Endpoints({ clock, randomness, secrets, limits, allowPrivateAddresses })
    this.#o = options
    this.#limits = limits
    this.#instruments = instruments
    this.#credentials = credentials
    this.#devices = devices
    this.#due = new PushDue({ clock, conversations, devices, credentials, limits })
    this.#sending = new PushSending({ ...common, conversations, devices, credentials, providers })
    this.#endpoints = endpoints
    this.#recording = new Recording({ clock, endpoints, limits })
    this.#deliveries = new Deliveries({ clock, endpoints, recording: this.#recording })
    this.#lanes = new LaneWork({ ...common, endpoints, transport: guarded })
  }

  /** Begins to work on the queues: on every node that is to send. */
  start(): void {
    invariant(this.#workers.length === 0, 'notify is started once')
    const { pushesInProgressMax, attemptsInProgressMax } = this.#limits
    this.#workers = [
      this.#work(dueQueue, 16, (scope, body) => this.#due.run(scope, dueJobOf(body))),
      this.#work(sendQueue, pushesInProgressMax, (scope, body, signal) =>
        this.#sending.run(scope, sendJobOf(body), signal),
      ),
      this.#work(laneQueue, attemptsInProgressMax, (scope, body, signal) =>
        this.#lanes.run(scope, laneJobOf(body), signal),
      ),
      this.#work(replayQueue, 2, (scope, body) => this.#deliveries.run(scope, replayJobOf(body))),
    ]
  }

  /** Follows the events of a tenant, on one node at a time, and finishes what a crash interrupted. */
  add(tenant: TenantId): void {
    if (this.#duties.has(tenant)) return
    const { clock, logger } = this.#o
    const duties = new TenantDuties(this.#o.scope(tenant), {
      clock,
      logger,
      onEvent: (scope, body) => this.#onBody(scope, body),
      sweep: (scope, signal) => sweepLanes(scope, { clock, endpoints: this.#endpoints }, signal),
    })
    this.#duties.set(tenant, duties)
  }

  /** Lets go of a tenant; its data may go when it resolves. */
  async remove(tenant: TenantId): Promise<void> {
    const duties = this.#duties.get(tenant)
    this.#duties.delete(tenant)
    await duties?.[Symbol.asyncDispose]()
  }

  /**
   * Takes an event of `koine.messages`, the CloudEvent as JSON text. Resolves once all that follows from it is durable;
   * the same event may come any number of times. Events of one conversation come one after another, in their order.
   * Errors: `invalid_request` for what isn't such an event.
   */
  async onMessage(scope: TenantScope, body: string): Promise<void> {
    const event = eventOf(body)
    await Promise.all([this.#recording.record(scope, event), this.#expectPush(scope, event)])
  }

  /** Registers a device for a user, again or anew: the same address keeps its id. An address has one user at a time. */
  registerDevice(scope: TenantScope, user: UserId, address: DeviceAddress): Promise<Device> {
    return this.#devices.register(scope, user, address)
  }

  devices(scope: TenantScope, user: UserId): Promise<readonly Device[]> {
    return this.#devices.of(scope, user)
  }

  async unregisterDevice(scope: TenantScope, user: UserId, id: DeviceId): Promise<void> {
    if (await this.#devices.remove(scope, user, id)) return
    throw new KoineError('not_found', `There is no device ${id}.`)
  }

  /** What a browser subscribes with as its `applicationServerKey`; made when it is first asked for. */
  webPushPublicKey(scope: TenantScope): Promise<string> {
    return this.#credentials.webPushPublicKey(scope)
  }

  setPushCredentials(scope: TenantScope, credentials: NewPushCredentials): Promise<PushCredentialsView> {
    return this.#credentials.set(scope, credentials)
  }

  /** Without their secrets, and with what the push services have against them. */
  pushCredentials(scope: TenantScope): Promise<readonly PushCredentialsView[]> {
    return this.#credentials.list(scope)
  }

  async removePushCredentials(scope: TenantScope, provider: PushProviderName): Promise<void> {
    if (await this.#credentials.remove(scope, provider)) return
    throw new KoineError('not_found', `There are no credentials for ${provider}.`)
  }

  /** See `Endpoints.create`. */
  createWebhookEndpoint(
    scope: TenantScope,
    endpoint: NewWebhookEndpoint & { readonly id?: WebhookEndpointId },
  ): Promise<WebhookEndpoint & { readonly secret: string }> {
    return this.#endpoints.create(scope, endpoint)
  }

  webhookEndpoints(scope: TenantScope): Promise<readonly WebhookEndpoint[]> {
    return this.#endpoints.list(scope)
  }

  webhookEndpoint(scope: TenantScope, id: WebhookEndpointId): Promise<WebhookEndpoint> {
    return this.#endpoints.get(scope, id)
  }

  /** `enabled: true` brings back an endpoint that was disabled after failures; what it missed can be replayed. */
  updateWebhookEndpoint(
    scope: TenantScope,
    id: WebhookEndpointId,
    changes: WebhookEndpointChanges,
  ): Promise<WebhookEndpoint> {
    return this.#endpoints.update(scope, id, changes)
  }

  removeWebhookEndpoint(scope: TenantScope, id: WebhookEndpointId): Promise<void> {
    return this.#endpoints.remove(scope, id)
  }

  /** See `Endpoints.rotateSecret`. */
  rotateWebhookSecret(
    scope: TenantScope,
    id: WebhookEndpointId,
    wish?: { readonly secret?: string; readonly overlapMs?: number },
  ): Promise<{ secret: string; previousSecretUntil: string }> {
    return this.#endpoints.rotateSecret(scope, id, wish)
  }

  webhookDeliveries(
    scope: TenantScope,
    endpoint: WebhookEndpointId,
    page: { readonly limit: number; readonly cursor?: string },
  ): Promise<DeliveryPage> {
    return this.#deliveries.list(scope, endpoint, page)
  }

  webhookDelivery(scope: TenantScope, endpoint: WebhookEndpointId, id: EventId): Promise<Delivery> {
    return this.#deliveries.get(scope, endpoint, id)
  }

  /** See `Deliveries.replay`. */
  replayWebhookDelivery(scope: TenantScope, endpoint: WebhookEndpointId, id: EventId): Promise<Delivery> {
    return this.#deliveries.replay(scope, endpoint, id)
  }

  /** See `Deliveries.replaySince`. */
  replayWebhooksSince(scope: TenantScope, endpoint: WebhookEndpointId, range: ReplayRange): Promise<void> {
    return this.#deliveries.replaySince(scope, endpoint, range)
  }

  /** Stops following and working: what is under way is given up and goes on at the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('notify is shutting down'))
    await Promise.all([...this.#duties.keys()].map((tenant) => this.remove(tenant)))
    await Promise.all(this.#workers.map((worker) => worker[Symbol.asyncDispose]()))
    const { guarded, fcm, apns } = this.#outbound
    await Promise.all([guarded, fcm, apns].map((transport) => transport[Symbol.asyncDispose]()))
  }

  /** What can't be read never will be: it is counted and passed over. */
  async #onBody(scope: TenantScope, body: string): Promise<void> {
    try {
      await this.onMessage(scope, body)
    } catch (error) {
      if (!(error instanceof KoineError) || !unreadable.has(error.code)) throw error
      this.#instruments.ignored()
      this.#o.logger.warn({ tenantId: scope.tenantId, err: error }, 'an event could not be read')
    }
  }

  async #expectPush(scope: TenantScope, event: PlatformEvent): Promise<void> {
    const message = messageOf(event)
    if (message) await this.#due.expect(scope, message)
  }

  #work(
    queue: string,
    concurrency: number,
    run: (scope: TenantScope, body: string, signal: AbortSignal) => Promise<void>,
  ): AsyncDisposable {
    const options: WorkOptions = { concurrency, visibilityMs: this.#limits.turnMsMax, attemptsMax, backoff }
    return this.#o.queue.work(queue, options, ({ tenant, body }, signal) =>
      run(this.#o.scope(tenant), body, AbortSignal.any([signal, this.#stop.signal])),
    )
  }
}
