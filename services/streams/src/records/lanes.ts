import { type Partition, partitionKey, type TenantScope } from '@koine/stores-ports'
import { type LaneContext, PartitionLane } from './partition-lane.ts'
import type { PartitionState } from './partition-state.ts'
import { forgetTopic, keptTopics } from './state-store.ts'

/** Of those held when there are too many, what is let go in one go. */
const shareLetGo = 0.1
/** Uses until that is tried again: all may be in use. */
const usesBetweenTrims = 1_000

/** The lanes of all partitions in use, of all tenants: one for each name. Those longest unused are let go of. */
export class Lanes {
  readonly #context: LaneContext
  readonly #lanes = new Map<string, PartitionLane>()
  /** Tenants where what deleted topics left has been looked for. */
  readonly #swept = new Set<string>()
  #uses = 0
  #trimmedAt = -usesBetweenTrims
  #trimming: Promise<void> | undefined

  constructor(context: LaneContext) {
    this.#context = context
  }

  /** Works with the lane for the partition's name, whether or not there is such a partition; it stays for so long. */
  use<T>(scope: TenantScope, at: Partition, work: (lane: PartitionLane) => Promise<T>): Promise<T> {
    const key = keyOf(scope, at)
    const lane = this.#lane(key, scope, at)
    lane.usedAt = ++this.#uses
    lane.users++
    if (this.#isTooMuch) this.#trimming ??= this.#trim()
    const leave = (): void => this.#leave(key, lane)
    const done = work(lane)
    done.then(leave, leave)
    return done
  }

  /** Calls the listener after more of the partition may have become stable. */
  onMoved(scope: TenantScope, at: Partition, listener: () => void): Disposable {
    const key = keyOf(scope, at)
    const lane = this.#lane(key, scope, at)
    lane.users++
    const listening = lane.onMoved(listener)
    return {
      [Symbol.dispose]: () => {
        listening[Symbol.dispose]()
        this.#leave(key, lane)
      },
    }
  }

  /** The state of a partition as far as it is held. */
  heldState(scope: TenantScope, at: Partition): PartitionState | undefined {
    return this.#lanes.get(keyOf(scope, at))?.heldState
  }

  /** Lets go of what is known of a topic that is gone, in memory and in tables. */
  async forgetTopic(scope: TenantScope, { name, id, partitions }: GoneTopic): Promise<void> {
    for (let partition = 0; partition < partitions; partition++) {
      const at = { topic: name, partition }
      if (this.#lanes.has(keyOf(scope, at))) await this.use(scope, at, (lane) => lane.leave(id))
    }
    try {
      await forgetTopic(scope.tables, id)
    } catch (error) {
      // The topic is gone all the same.
      this.#context.logger.warn({ err: error, topic: name }, 'What a deleted topic left stays until the next start')
    }
  }

  /** Drops what is held in memory of a tenant, and keeps nothing of it. */
  forget(tenantId: string): void {
    this.#swept.delete(tenantId)
    for (const [key, lane] of this.#lanes) {
      if (!key.startsWith(`${tenantId}/`)) continue
      lane.isForgotten = true
      if (lane.isIdle) this.#drop(key, lane)
    }
  }

  /** Keeps the state of every partition that changed. */
  async save(): Promise<void> {
    await this.#trimming
    const saves = await Promise.allSettled(this.#lanes.values().map((lane) => lane.save()))
    const failed = saves.find((save) => save.status === 'rejected')
    if (!failed) return
    const { logger } = this.#context
    logger.warn({ err: failed.reason }, 'What partitions know of their producers was not kept; the log has it')
  }

  get #isTooMuch(): boolean {
    if (this.#uses - this.#trimmedAt < Math.min(usesBetweenTrims, this.#lanes.size)) return false
    const { limits, held } = this.#context
    return this.#lanes.size > limits.partitionsHeld || held.producers > limits.producersHeld
  }

  async #trim(): Promise<void> {
    this.#trimmedAt = this.#uses
    try {
      const byUse = [...this.#lanes].sort(([, a], [, b]) => a.usedAt - b.usedAt)
      for (const [key, lane] of byUse.slice(0, Math.ceil(byUse.length * shareLetGo))) {
        if (!lane.isIdle) continue
        await lane.save().catch(() => {}) // The log has it.
        // It may have been wanted again meanwhile.
        if (lane.isIdle) this.#drop(key, lane)
      }
    } finally {
      this.#trimming = undefined
    }
  }

  #lane(key: string, scope: TenantScope, at: Partition): PartitionLane {
    let lane = this.#lanes.get(key)
    if (!lane) {
      this.#sweepOnce(scope)
      lane = new PartitionLane(scope, at, this.#context)
      this.#lanes.set(key, lane)
    }
    lane.isForgotten = false
    return lane
  }

  #leave(key: string, lane: PartitionLane): void {
    lane.users--
    // Of a tenant that is gone, or a name that stands for no partition: any client can make those up.
    if ((lane.isForgotten || !lane.heldState) && lane.isIdle) this.#drop(key, lane)
  }

  #drop(key: string, lane: PartitionLane): void {
    lane.close()
    this.#lanes.delete(key)
  }

  /** A process that died while it deleted a topic may have left what was known of its partitions. */
  #sweepOnce(scope: TenantScope): void {
    if (this.#swept.has(scope.tenantId)) return
    this.#swept.add(scope.tenantId)
    sweep(scope).catch((error: unknown) => {
      this.#swept.delete(scope.tenantId)
      this.#context.logger.warn({ err: error }, 'What deleted topics left was not looked for; it is tried again')
    })
  }
}

const keyOf = (scope: TenantScope, at: Partition): string => `${scope.tenantId}/${partitionKey(at)}`

export interface GoneTopic {
  readonly name: string
  readonly id: string
  readonly partitions: number
}

async function sweep(scope: TenantScope): Promise<void> {
  // In this order: a topic that is made meanwhile isn't among those kept.
  const kept = await keptTopics(scope.tables)
  if (kept.length === 0) return
  const live = new Set((await scope.log.topics()).map(({ id }) => id))
  for (const id of kept) if (!live.has(id)) await forgetTopic(scope.tables, id)
}
