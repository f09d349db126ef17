import type { JobId } from '@koine/base'
import type { DeadJob } from '../queue.ts'
import { SortedSet } from './sorted-set.ts'

export type JobState = 'waiting' | 'delayed' | 'running' | 'dead'

export interface HeldJob {
  readonly job: DeadJob
  readonly priority: number
  readonly deduplicationKey: string | undefined
  readonly state: JobState
  /** Where it stands among the jobs of its state. It never stands at one place twice. */
  readonly place: string
}

/** One tenant's jobs of one queue. */
export class JobShelf {
  readonly #jobs = new Map<JobId, HeldJob>()
  readonly #idAt = new Map<string, JobId>()
  readonly #keys = new Map<string, JobId>()
  readonly #places = {
    waiting: new SortedSet(),
    delayed: new SortedSet(),
    running: new SortedSet(),
    dead: new SortedSet(),
  }

  get(id: JobId): HeldJob | undefined {
    return this.#jobs.get(id)
  }

  holderOf(deduplicationKey: string): JobId | undefined {
    return this.#keys.get(deduplicationKey)
  }

  count(state: JobState): number {
    return this.#places[state].size
  }

  /** The first jobs of a state by place. */
  first(state: JobState, count: number): readonly HeldJob[] {
    const places = this.#places[state].range('ascending', 0, count)
    return places.map(({ member }) => this.#jobs.get(this.#idAt.get(member)!)!)
  }

  put(held: HeldJob): void {
    this.remove(held.job.id)
    this.#jobs.set(held.job.id, held)
    this.#idAt.set(held.place, held.job.id)
    this.#places[held.state].add({ member: held.place, score: 0 })
    // A dead job doesn't keep its key, and one that came back after another took it stays without.
    const { deduplicationKey: key } = held
    if (key !== undefined && held.state !== 'dead' && !this.#keys.has(key)) this.#keys.set(key, held.job.id)
  }

  remove(id: JobId): void {
    const held = this.#jobs.get(id)
    if (!held) return
    this.#jobs.delete(id)
    this.#idAt.delete(held.place)
    this.#places[held.state].remove(held.place)
    const { deduplicationKey: key } = held
    if (key !== undefined && this.#keys.get(key) === id) this.#keys.delete(key)
  }
}
