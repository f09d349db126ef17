import type { Clock, Logger } from '@koine/base'
import type { EndMarker, RecordBatchHeader } from '@koine/protocols-kafka/record-batch'
import type { Partition, TenantScope, Topic } from '@koine/stores-ports'
import type { StreamsLimits } from '../limits.ts'
import { PartitionState, type SavedState } from './partition-state.ts'
import { readOn } from './read-state.ts'
import { producersKeptMax } from './state-format.ts'
import { type SavePolicy, StateSaver } from './state-saver.ts'
import { forgetState, loadState, type PartitionId } from './state-store.ts'

export interface KnowledgeContext {
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: StreamsLimits
  readonly saving: SavePolicy
  /** What is held of all partitions together. */
  readonly held: { producers: number }
}

/** What is known of the partition that a name stands for. */
export interface KnownPartition {
  readonly id: PartitionId
  readonly state: PartitionState
  /** As it was described last: its settings may change. */
  readonly topic: Topic
}

export interface HeldPartition extends KnownPartition {
  topic: Topic
  readonly saver: StateSaver
}

const nothingSaved: SavedState = { appliedTo: 0, producers: [], openTransactions: new Map() }

/**
 * What is known of one partition, by its name: nothing at first, then what was kept of it with what the log holds behind
 * that, then what is appended. A topic made again under its old name is another topic, of which nothing is known.
 */
export class PartitionKnowledge {
  /** As told by the last append. */
  startOffset = 0
  readonly #scope: TenantScope
  readonly #at: Partition
  readonly #context: KnowledgeContext
  #held: HeldPartition | undefined
  /** False when the log may hold what the state doesn't: an append failed, and nobody knows how far it came. */
  #isSure = false
  #isForgotten = false

  constructor(scope: TenantScope, at: Partition, context: KnowledgeContext) {
    this.#scope = scope
    this.#at = at
    this.#context = context
  }

  get held(): HeldPartition | undefined {
    return this.#held
  }

  get isSure(): boolean {
    return this.#isSure
  }

  get isForgotten(): boolean {
    return this.#isForgotten
  }

  /** The tenant is gone, or suspended: nothing of it is kept any more. */
  set isForgotten(isForgotten: boolean) {
    this.#isForgotten = isForgotten
    if (this.#held) this.#held.saver.isStopped = isForgotten
  }

  /** The log may hold more than what is known. */
  doubt(): void {
    this.#isSure = false
  }

  /** What is held, if that is all there is to know. */
  async upToDate(): Promise<HeldPartition | undefined> {
    const held = this.#held
    if (!held || !this.#isSure) return undefined
    const topic = await this.#scope.log.topic(this.#at.topic)
    return topic?.id === held.id.topicId && held === this.#held ? held : undefined
  }

  /**
   * The partition with all that the log holds of it applied; undefined when there is none.
   * @param whenQuiet resolves when nothing is being appended any more
   */
  async current(whenQuiet: () => Promise<void>): Promise<HeldPartition | undefined> {
    for (;;) {
      const topic = await this.#scope.log.topic(this.#at.topic)
      if (!topic || !(this.#at.partition >= 0 && this.#at.partition < topic.partitions)) return undefined
      const held = this.#held
      if (held?.id.topicId === topic.id && this.#isSure) {
        held.topic = topic
        return held
      }
      // Whether the name still stands for the same topic then is asked again.
      await whenQuiet()
      await this.#learn(topic)
    }
  }

  /** Takes over a batch that was appended; false when others' batches stand before it that aren't known. */
  applied(held: HeldPartition, header: RecordBatchHeader, placed: { baseOffset: number; marker?: EndMarker }): boolean {
    if (held !== this.#held) return true
    if (placed.baseOffset !== held.state.appliedTo) return false
    held.state.apply(header, { ...placed, nowMs: this.#context.clock.now() })
    held.saver.applied(header.bytes)
    return true
  }

  async forget(): Promise<void> {
    const held = this.#held
    this.close()
    await held?.saver.whenDone()
    this.startOffset = 0
  }

  /** Nothing is known, and nothing is kept, from here on. */
  close(): void {
    const held = this.#held
    this.#isSure = false
    this.#held = undefined
    if (!held) return
    held.saver.isStopped = true
    held.state.drop()
  }

  async #learn(topic: Topic): Promise<void> {
    if (this.#held && this.#held.id.topicId !== topic.id) await this.forget()
    const id = { topicId: topic.id, partition: this.#at.partition }
    const held = (this.#held ??= this.#hold(topic, id, await loadState(this.#scope.tables, id)))
    const isOfThisLog = await readOn(held.state, {
      log: this.#scope.log,
      at: this.#at,
      nowMs: this.#context.clock.now(),
      afterPage: () => held.saver.makeRoom(),
    })
    if (isOfThisLog) {
      this.#isSure = true
      return
    }
    this.#context.logger.warn({ ...id }, 'A partition ends before what is known of it: its log is read anew')
    await this.forget()
    // Before the partition grows again: what was kept would then look as if it were of this log.
    if (!this.#isForgotten) await forgetState(this.#scope.tables, id)
    this.#held = this.#hold(topic, id, undefined)
  }

  #hold(topic: Topic, id: PartitionId, saved: SavedState = nothingSaved): HeldPartition {
    const { clock, logger, limits, saving, held } = this.#context
    const producersMax = Math.min(limits.producersPerPartition, producersKeptMax)
    const { producerExpiryMs } = limits
    const state = new PartitionState({ producersMax, producerExpiryMs, count: held }, saved)
    const { tables } = this.#scope
    const startOffset = (): number => this.startOffset
    const kept = { tables, id, state, savedTo: saved.appliedTo, policy: saving, clock, logger, startOffset }
    const saver = new StateSaver(kept)
    saver.isStopped = this.#isForgotten
    return { id, topic, state, saver }
  }
}
