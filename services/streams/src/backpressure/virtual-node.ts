import type { Clock, Timer } from '@koine/base'
import { Backpressure } from './backpressure.ts'
import { BackpressureTimer } from './backpressure-timer.ts'
import { WorkUnderWay } from './work-under-way.ts'
import type { BackpressureSettings } from './backpressure-settings.ts'

export interface VirtualTenant {
  readonly id: string
  readonly weight: number
  readonly connections: number
  readonly requestBytes: number
  /** Requests that a connection's client may have sent without an answer. */
  readonly inFlightMax: number
  /** What its clients would send, all together. */
  readonly offeredPerSecond: (seconds: number) => number
}

export interface VirtualNodeOptions {
  readonly random: () => number
  readonly tenants: readonly VirtualTenant[]
  readonly settings?: Partial<BackpressureSettings>
  /** Of the one thread, for a request. */
  readonly requestMs: number
  /** Of the disk, which takes a group of what waits at once: for each sync, and for each byte. */
  readonly syncMs: number
  readonly byteMs: number
  readonly groupMax: number
}

interface Request {
  readonly connection: Connection
  /** When the client had something to send. */
  readonly wantedAtMs: number
  /** When it sent it: it had room in flight and wasn't told to wait. */
  readonly sentAtMs: number
  /** Once the node took it up, what tells that it is no longer waiting for the disk. */
  done: () => void
}

interface Connection {
  readonly tenant: VirtualTenant
  nextWantedAtMs: number
  /** Wanted times of what the client couldn't send yet. */
  readonly backlog: number[]
  readonly sent: Request[]
  inFlight: number
  /** Since when the client has room to send. */
  roomSinceMs: number
  mutedUntilMs: number
}

export interface Served {
  readonly tenant: VirtualTenant
  readonly answeredAtMs: number
  readonly wantedAtMs: number
  readonly sentAtMs: number
}

/** Time that passes only by work; timers that fell due meanwhile are late, as in an event loop. */
class BusyClock implements Clock {
  #nowMs = 0
  #busyMs = 0
  #askedAtMs = 0
  readonly #timers = new Set<{ readonly atMs: number; readonly action: () => void }>()

  now(): number {
    return this.#nowMs
  }

  monotonic(): number {
    return this.#nowMs
  }

  after(delayMs: number, action: () => void): Timer {
    const timer = { atMs: this.#nowMs + delayMs, action }
    this.#timers.add(timer)
    return { cancel: () => this.#timers.delete(timer) }
  }

  work(ms: number): void {
    this.#busyMs += ms
    this.#nowMs += ms
  }

  idle(ms: number): void {
    this.#nowMs += ms
  }

  /** The share of work in the time since the last call. */
  busy(): number {
    const share = this.#busyMs / Math.max(1, this.#nowMs - this.#askedAtMs)
    this.#askedAtMs = this.#nowMs
    this.#busyMs = 0
    return share
  }

  runDue(): void {
    for (const timer of [...this.#timers]) {
      if (timer.atMs > this.#nowMs) continue
      this.#timers.delete(timer)
      timer.action()
    }
  }
}

/** As the Kafka gateway does, so that others get their turn. */
const requestsPerTurn = 32
const idleStepMs = 0.5
/** A client's buffer: what is wanted beyond is given up. */
const backlogMax = 10

/**
 * A node of one thread and one disk, many clients' connections, and backpressure as it runs in the real one, in virtual time.
 * Clients keep to what they are told (KIP-219), as the node does, which doesn't read a connection that it has muted.
 */
export class VirtualNode {
  readonly backpressure: Backpressure
  readonly #options: VirtualNodeOptions
  readonly #clock = new BusyClock()
  readonly #connections: Connection[]
  readonly #waiting: Request[] = []
  #group: Request[] = []
  #groupDoneAtMs = 0
  readonly #appends: WorkUnderWay
  #served: Served[] = []

  constructor(options: VirtualNodeOptions) {
    this.#options = options
    this.#appends = new WorkUnderWay(this.#clock)
    this.backpressure = new Backpressure({ nowMs: 0, ...(options.settings && { settings: options.settings }) })
    // Driven by this clock for as long as the node lives, which owns nothing else.
    void new BackpressureTimer(this.backpressure, this.#clock, () => this.#clock.busy())
    this.backpressure.watch({
      name: 'disk',
      read: () => this.#appends.oldestMs,
      isWait: true,
      limit: this.backpressure.settings.diskWaitMsMax,
    })
    this.#connections = options.tenants.flatMap((tenant) =>
      Array.from({ length: tenant.connections }, () => ({
        tenant,
        nextWantedAtMs: options.random() * 1_000,
        backlog: [],
        sent: [],
        inFlight: 0,
        roomSinceMs: 0,
        mutedUntilMs: 0,
      })),
    )
  }

  /** Lets so much time go by, and tells what was answered in it. */
  run(seconds: number): Served[] {
    this.#served = []
    const clock = this.#clock
    for (const untilMs = clock.monotonic() + seconds * 1_000; clock.monotonic() < untilMs;) {
      clock.runDue()
      this.#finishGroup()
      if (!this.#turn()) clock.idle(idleStepMs)
    }
    return this.#served
  }

  /** One turn of the event loop: everything readable is handled. @returns whether there was anything */
  #turn(): boolean {
    const nowMs = this.#clock.monotonic()
    let worked = false
    for (const connection of this.#connections) {
      this.#send(connection, nowMs)
      if (connection.mutedUntilMs > nowMs) continue
      for (const request of connection.sent.splice(0, requestsPerTurn)) {
        request.done = this.#appends.begin(connection.tenant.requestBytes)
        this.#clock.work(this.#options.requestMs * (0.5 + this.#options.random()))
        this.#waiting.push(request)
        worked = true
      }
    }
    return worked
  }

  #send(connection: Connection, nowMs: number): void {
    const { tenant, backlog, sent } = connection
    while (connection.nextWantedAtMs <= nowMs) {
      const perSecond = tenant.offeredPerSecond(connection.nextWantedAtMs / 1_000) / tenant.connections
      // An idle client looks again from time to time.
      if (perSecond > 0 && backlog.length < backlogMax) backlog.push(connection.nextWantedAtMs)
      connection.nextWantedAtMs += perSecond > 0 ? -Math.log(1 - this.#options.random()) * (1_000 / perSecond) : 100
    }
    while (connection.inFlight < tenant.inFlightMax && backlog.length > 0) {
      const sentAtMs = Math.max(backlog[0]!, connection.roomSinceMs)
      if (sentAtMs > nowMs) return
      sent.push({ connection, wantedAtMs: backlog.shift()!, sentAtMs, done: () => {} })
      connection.inFlight++
    }
  }

  #finishGroup(): void {
    const nowMs = this.#clock.monotonic()
    if (this.#group.length > 0 && nowMs >= this.#groupDoneAtMs) {
      for (const request of this.#group) this.#answer(request, nowMs)
      this.#group = []
    }
    if (this.#group.length > 0 || this.#waiting.length === 0) return
    this.#group = this.#waiting.splice(0, this.#options.groupMax)
    const bytes = this.#group.reduce((sum, { connection }) => sum + connection.tenant.requestBytes, 0)
    this.#groupDoneAtMs = nowMs + this.#options.syncMs * (0.5 + this.#options.random()) + bytes * this.#options.byteMs
  }

  #answer({ connection, wantedAtMs, sentAtMs, done }: Request, nowMs: number): void {
    done()
    const { tenant } = connection
    const muteMs = this.backpressure.record(tenant.id, { weight: tenant.weight, bytes: tenant.requestBytes, nowMs })
    connection.mutedUntilMs = Math.max(connection.mutedUntilMs, nowMs + muteMs)
    const roomMs = connection.inFlight === tenant.inFlightMax ? nowMs : connection.roomSinceMs
    connection.roomSinceMs = Math.max(roomMs, connection.mutedUntilMs)
    connection.inFlight--
    this.#served.push({ tenant, answeredAtMs: nowMs, wantedAtMs, sentAtMs })
  }
}
