import type { Clock, Logger, Randomness } from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'
import type { Conversations } from '../conversations.ts'
import type { Instruments } from '../instruments.ts'
import type { NotifyLimits } from '../limits.ts'
import { PlaceGate } from '../place-gate.ts'
import type { Device, DeviceAddress, PushProviderName } from './device.ts'
import type { Devices } from './devices.ts'
import type { CredentialsOf, PushCredentials } from './push-credentials.ts'
import { enqueueSend, type SendJob } from './push-jobs.ts'
import type { PushOutcome } from './push-message.ts'
import { positionsOf } from './push-positions.ts'
import type { PushProvider } from './providers/provider.ts'

/** One for each push service. */
export type PushProviders = {
  readonly [P in PushProviderName]: PushProvider<DeviceAddress & { provider: P }, CredentialsOf[P]>
}

interface PushSendingOptions {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
  readonly instruments: Instruments
  readonly conversations: Conversations
  readonly devices: Devices
  readonly credentials: PushCredentials
  readonly providers: PushProviders
  readonly limits: NotifyLimits
}

/** Sends pushes to devices, one job each, and does what their outcome asks for. */
export class PushSending {
  readonly #o: PushSendingOptions
  readonly #gate: PlaceGate

  constructor(options: PushSendingOptions) {
    this.#o = options
    this.#gate = new PlaceGate(options.limits.pushesPerTenantMax)
  }

  async run(scope: TenantScope, job: SendJob, signal: AbortSignal): Promise<void> {
    const { devices, randomness } = this.#o
    const device = (await devices.of(scope, job.user)).find(({ id }) => id === job.device)
    if (!device || (await this.#isOver(scope, job))) return
    using place = this.#gate.enter(scope.tenantId)
    if (!place) return this.#again(scope, job, this.#gate.comeBackMs(scope.tenantId, randomness.fraction()))
    const startedAtMs = this.#o.clock.now()
    const outcome = await this.#send(scope, device, job, signal)
    this.#o.instruments.pushed(device.address.provider, outcome.kind)
    await this.#settle(scope, { job, device, outcome, startedAtMs })
  }

  /** Whether nobody needs it any more: too late, seen meanwhile, or a push of a newer message is on its way. */
  async #isOver(scope: TenantScope, { user, message }: SendJob): Promise<boolean> {
    const { clock, conversations } = this.#o
    const { conversationId, seq, expiresAtMs } = message
    if (expiresAtMs <= clock.now()) return true
    const [position = 0] = await positionsOf(scope, [user], conversationId)
    return position > seq || (await conversations.acknowledged(scope, user, conversationId, seq))
  }

  async #send(scope: TenantScope, { address }: Device, job: SendJob, signal: AbortSignal): Promise<PushOutcome> {
    switch (address.provider) {
      case 'web-push':
        return this.#sendBy(scope, address, job, signal)
      case 'apns':
        return this.#sendBy(scope, address, job, signal)
      default:
        return this.#sendBy(scope, address, job, signal)
    }
  }

  async #sendBy<P extends PushProviderName>(
    scope: TenantScope,
    address: DeviceAddress & { provider: P },
    { message }: SendJob,
    signal: AbortSignal,
  ): Promise<PushOutcome> {
    const { credentials, providers, logger } = this.#o
    const provider: P = address.provider
    const loaded = await credentials.load(scope, provider)
    if (!loaded) return { kind: 'misconfigured', reason: 'the tenant has no credentials for this provider' }
    const outcome = await providers[provider].send({ address, message, ...loaded }, signal)
    const { tenantId } = scope
    if (outcome.kind === 'misconfigured') {
      const isNews = await credentials.note(scope, provider, loaded.fingerprint, outcome.reason)
      if (isNews) logger.warn({ tenantId, provider, reason: outcome.reason }, 'push credentials are not accepted')
    } else if (outcome.kind === 'delivered' && (await credentials.note(scope, provider, loaded.fingerprint))) {
      logger.info({ tenantId, provider }, 'push credentials are accepted again')
    }
    return outcome
  }

  async #settle(
    scope: TenantScope,
    { job, device, outcome, startedAtMs }: { job: SendJob; device: Device; outcome: PushOutcome; startedAtMs: number },
  ): Promise<void> {
    const { devices, logger } = this.#o
    if (outcome.kind === 'retry') return this.#retry(scope, job, outcome.afterMs ?? 0)
    if (outcome.kind === 'dead') {
      // What was registered since is another matter.
      await devices.remove(scope, job.user, device.id, Math.min(startedAtMs, outcome.sinceMs ?? Infinity))
    }
    if (outcome.kind === 'dead' || outcome.kind === 'rejected') {
      const { provider } = device.address
      logger.info(
        { tenantId: scope.tenantId, deviceId: device.id, provider, reason: outcome.reason },
        `push ${outcome.kind}`,
      )
    }
  }

  async #retry(scope: TenantScope, job: SendJob, wishedMs: number): Promise<void> {
    const { limits, randomness, clock, instruments } = this.#o
    const waitMs = limits.pushRetriesMs[job.tries]
    if (waitMs === undefined) return instruments.pushed('all', 'given up')
    // Up to half is taken off by chance, never from what the service asked for.
    const delayMs = Math.max(wishedMs, Math.ceil(waitMs * (1 - randomness.fraction() / 2)))
    if (clock.now() + delayMs >= job.message.expiresAtMs) return instruments.pushed('all', 'given up')
    await enqueueSend(scope, { ...job, tries: job.tries + 1 }, delayMs)
  }

  /** Without a try: there was no place. The key tells it from the job that is running. */
  async #again(scope: TenantScope, job: SendJob, delayMs: number): Promise<void> {
    await enqueueSend(scope, { ...job, turns: (job.turns ?? 0) + 1 }, delayMs)
  }
}
