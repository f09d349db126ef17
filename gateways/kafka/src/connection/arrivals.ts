import type { Socket } from 'node:net'
import type { Clock, Timer } from '@koine/base'
import { TokenBucket } from '@koine/services-streams'
import type { KafkaGatewayLimits } from '../limits.ts'
import { plainAddress } from './client-facts.ts'

type ArrivalLimits = Pick<
  KafkaGatewayLimits,
  'connectionsPerSecond' | 'addressConnectionsPerSecond' | 'authenticationTimeoutMs'
>

interface ArrivalOptions {
  readonly clock: Clock
  readonly limits: ArrivalLimits
  readonly onReady: (socket: Socket) => void
  /** It would wait for so long that its client had given up; it is closed. */
  readonly onRefused: () => void
}

/** Kafka's windows: so much may be saved up. */
const burstSeconds = 11
/** Addresses beyond: the one that was quiet for longest is forgotten. */
const addressesMax = 10_000

/** How fast connections may come while it isn't known whose they are (KIP-612): whoever comes too fast is served later. */
export class Arrivals implements Disposable {
  readonly #options: ArrivalOptions
  readonly #listener: TokenBucket
  readonly #addresses = new Map<string, TokenBucket>()
  readonly #waiting = new Map<Socket, Timer>()

  constructor(options: ArrivalOptions) {
    this.#options = options
    this.#listener = this.#bucket(options.limits.connectionsPerSecond)
  }

  arrive(socket: Socket): void {
    const { clock, limits, onReady, onRefused } = this.#options
    const waitMs = this.#waitMs(plainAddress(socket.remoteAddress ?? ''))
    if (waitMs <= 0) return onReady(socket)
    if (waitMs > limits.authenticationTimeoutMs) {
      onRefused()
      return void socket.destroy()
    }
    const leave = (): void => {
      this.#waiting.get(socket)?.cancel()
      this.#waiting.delete(socket)
    }
    const fail = (): void => void socket.destroy() // Gone while it waited; `close` follows.
    socket.once('error', fail).once('close', leave)
    this.#waiting.set(
      socket,
      clock.after(waitMs, () => {
        socket.off('error', fail).off('close', leave)
        this.#waiting.delete(socket)
        onReady(socket)
      }),
    )
  }

  [Symbol.dispose](): void {
    for (const socket of this.#waiting.keys()) socket.destroy()
  }

  /** Whoever is refused has come all the same. */
  #waitMs(address: string): number {
    const nowMs = this.#options.clock.monotonic()
    const ofAddress = this.#ofAddress(address)
    this.#listener.record(1, nowMs)
    ofAddress.record(1, nowMs)
    return Math.max(this.#listener.throttleMs(nowMs), ofAddress.throttleMs(nowMs))
  }

  #ofAddress(address: string): TokenBucket {
    const held = this.#addresses.get(address) ?? this.#bucket(this.#options.limits.addressConnectionsPerSecond)
    this.#addresses.delete(address)
    this.#addresses.set(address, held)
    if (this.#addresses.size > addressesMax) this.#addresses.delete(this.#addresses.keys().next().value!)
    return held
  }

  #bucket(perSecond: number): TokenBucket {
    return new TokenBucket({ perSecond, burst: perSecond * burstSeconds, nowMs: this.#options.clock.monotonic() })
  }
}
