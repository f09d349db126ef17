import type { Clock } from '@koine/base'
import type { TenantScope, Topic } from '@koine/stores-ports'

/** A tenant's topics as they were at one moment. */
export interface TopicView {
  /** Another number for another set of topics, ids or partitions. */
  readonly version: number
  readonly byName: ReadonlyMap<string, Topic>
  readonly byId: ReadonlyMap<string, Topic>
}

interface HeldView {
  readonly view: TopicView
  readonly readAtMs: number
}

/** Views are as old as this at most when a member that joined earlier is heard of. */
const ageMsMax = 1_000

/**
 * What groups know of topics. They look for themselves: whoever heartbeats has the list read again when it is a second
 * old, and a changed subscription at once, however the topics have come or grown.
 */
export class TopicViews {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #held = new Map<string, HeldView>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** @param isFresh no older than this call */
  async of(scope: TenantScope, { isFresh }: { readonly isFresh: boolean }): Promise<TopicView> {
    const held = this.#held.get(scope.tenantId)
    if (held && !isFresh && this.#clock.monotonic() - held.readAtMs < ageMsMax) return held.view
    const readAtMs = this.#clock.monotonic()
    const topics = await scope.log.topics()
    const last = this.#held.get(scope.tenantId)?.view
    const view = last && isOf(last, topics) ? last : viewOf(topics, (last?.version ?? 0) + 1)
    this.#held.set(scope.tenantId, { view, readAtMs })
    return view
  }

  forget(tenantId: string): void {
    this.#held.delete(tenantId)
  }
}

const isOf = ({ byId }: TopicView, topics: readonly Topic[]): boolean =>
  byId.size === topics.length && topics.every(({ id, partitions }) => byId.get(id)?.partitions === partitions)

const viewOf = (topics: readonly Topic[], version: number): TopicView => ({
  version,
  byName: new Map(topics.map((topic) => [topic.name, topic])),
  byId: new Map(topics.map((topic) => [topic.id, topic])),
})
