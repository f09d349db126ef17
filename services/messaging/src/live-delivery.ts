import type { Logger, UserId } from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'
import type { LiveEvent } from './conversation.ts'
import type { Instruments } from './instruments.ts'

/**
 * @param json the event's JSON as it travelled. Listeners of one event share both, and may pass them on but not change
 * them.
 */
export type LiveListener = (event: LiveEvent, json: string) => void

interface Channel {
  readonly listeners: Set<{ readonly hear: LiveListener }>
  readonly subscription: Promise<AsyncDisposable>
}

export const userChannel = (user: UserId): string => `user:${user}`

/**
 * Live events over the cache's channels, one channel a user: at most once, and per conversation in the order of
 * publishing. A process subscribes once to a channel, however many devices listen.
 */
export class LiveDelivery implements AsyncDisposable {
  readonly #channels = new Map<string, Channel>()
  readonly #logger: Logger
  readonly #instruments: Instruments
  readonly #inProgressMax: number
  #inProgress = 0
  #lastJson = ''
  #lastEvent: LiveEvent | undefined

  constructor(o: { logger: Logger; instruments: Instruments; publishesInProgressMax: number }) {
    this.#logger = o.logger
    this.#instruments = o.instruments
    this.#inProgressMax = o.publishesInProgressMax
  }

  /** Hands one encoded event to every channel and returns at once: nothing acknowledged waits for it. */
  publish(scope: TenantScope, channels: readonly string[], json: string): void {
    for (const channel of channels) {
      if (this.#inProgress >= this.#inProgressMax) this.#instruments.undelivered()
      else {
        this.#inProgress++
        scope.cache.publish(channel, json).then(this.#published, this.#failed)
      }
    }
  }

  /** Resolves when the subscription is in force. A listener that throws is logged; the others still hear. */
  async subscribe(scope: TenantScope, user: UserId, hear: LiveListener): Promise<AsyncDisposable> {
    const name = `${scope.tenantId}/${user}`
    const channel = this.#channels.get(name) ?? this.#open(scope, user, name)
    const listener = { hear }
    channel.listeners.add(listener)
    const leave = async (): Promise<void> => {
      channel.listeners.delete(listener)
      if (channel.listeners.size > 0 || this.#channels.get(name) !== channel) return
      // Gone from the map first: whoever subscribes meanwhile opens a channel of their own.
      this.#channels.delete(name)
      const subscription = await channel.subscription
      await subscription[Symbol.asyncDispose]()
    }
    try {
      await channel.subscription
    } catch (thrown) {
      channel.listeners.delete(listener)
      if (this.#channels.get(name) === channel) this.#channels.delete(name)
      throw thrown
    }
    return { [Symbol.asyncDispose]: leave }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const channels = [...this.#channels.values()]
    this.#channels.clear()
    // A subscription that failed was told to whoever asked for it.
    const subscriptions = await Promise.allSettled(channels.map(({ subscription }) => subscription))
    for (const each of subscriptions) if (each.status === 'fulfilled') await each.value[Symbol.asyncDispose]()
  }

  #open(scope: TenantScope, user: UserId, name: string): Channel {
    const listeners: Channel['listeners'] = new Set()
    const subscription = scope.cache.subscribe(userChannel(user), (json) => this.#deliver(listeners, json))
    const channel = { listeners, subscription }
    this.#channels.set(name, channel)
    return channel
  }

  #deliver(listeners: Channel['listeners'], json: string): void {
    if (listeners.size === 0) return
    const event = this.#decode(json)
    if (!event) return
    for (const { hear } of listeners) {
      try {
        hear(event, json)
      } catch (err) {
        this.#logger.error({ err }, 'a listener for live events threw')
      }
    }
  }

  /** Members of one conversation are told one after another: the event of the last one is mostly the next one's too. */
  #decode(json: string): LiveEvent | undefined {
    if (json === this.#lastJson) return this.#lastEvent
    try {
      this.#lastEvent = JSON.parse(json) as LiveEvent
    } catch (err) {
      this.#logger.error({ err }, 'a live event is not JSON')
      this.#lastEvent = undefined
    }
    this.#lastJson = json
    return this.#lastEvent
  }

  readonly #published = (): void => {
    this.#inProgress--
  }

  readonly #failed = (err: unknown): void => {
    this.#inProgress--
    this.#instruments.undelivered()
    this.#logger.debug({ err }, 'a live event was lost')
  }
}
