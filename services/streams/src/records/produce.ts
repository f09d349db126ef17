import type { Partition, TenantScope } from '@koine/stores-ports'
import type { StreamsLimits } from '../limits.ts'
import { isPlatformTopic } from '../topics/topic-names.ts'
import { PartitionWriter } from './partition-writer.ts'
import { type ProduceOutcome, refused } from './produce-outcome.ts'

/** The writers of all partitions that have been written since the start, by tenant. */
export class Producing {
  readonly #limits: StreamsLimits
  readonly #writers = new Map<string, Map<string, PartitionWriter>>()

  constructor(limits: StreamsLimits) {
    this.#limits = limits
  }

  async produce(scope: TenantScope, at: Partition, records: Uint8Array): Promise<ProduceOutcome> {
    if (isPlatformTopic(at.topic))
      return refused('reserved', `${at.topic} belongs to the platform and can't be written.`)
    const outcome = await this.#writer(scope, at).append(records)
    if (!outcome.ok && outcome.reason === 'no-such-partition') this.#writers.get(scope.tenantId)?.delete(keyOf(at))
    return outcome
  }

  forget(tenantId: string): void {
    this.#writers.delete(tenantId)
  }

  #writer(scope: TenantScope, at: Partition): PartitionWriter {
    let writers = this.#writers.get(scope.tenantId)
    if (!writers) this.#writers.set(scope.tenantId, (writers = new Map<string, PartitionWriter>()))
    const held = writers.get(keyOf(at))
    if (held) return held
    // What a forgotten writer knew is in the log; only partitions of deleted topics can be this many.
    if (writers.size >= this.#limits.partitions * 2) writers.delete(writers.keys().next().value!)
    const writer = new PartitionWriter(scope.log, at, this.#limits)
    writers.set(keyOf(at), writer)
    return writer
  }
}

const keyOf = ({ topic, partition }: Partition): string => `${topic}/${partition}`
