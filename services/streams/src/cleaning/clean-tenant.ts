import type { Logger } from '@koine/base'
import type { Partition, TenantScope, Topic } from '@koine/stores-ports'
import { partsOf } from '../settings/setting-kinds.ts'
import type { TopicCatalog } from '../topics/topic-catalog.ts'
import { settingOf } from '../topics/topic-settings.ts'
import { forgetOthers } from './cleaning-records.ts'
import { type CompactContext, compactPartition, type IdlePartitions } from './compact-partition.ts'
import { retainPartition } from './retain-partition.ts'

export interface CleanContext extends CompactContext {
  readonly catalog: Pick<TopicCatalog, 'exclusively'>
  readonly logger: Logger
  cleaned(what: 'deleted' | 'compacted'): void
  failed(): void
}

/** Looks at all partitions of a tenant, one after another. A failure of one doesn't keep the others from their turn. */
export async function cleanTenant(scope: TenantScope, idle: IdlePartitions, context: CleanContext): Promise<void> {
  const topics = await scope.log.topics()
  for (const topic of topics) {
    for (let partition = 0; partition < topic.partitions; partition++) {
      if (context.signal.aborted) return
      const at = { topic: topic.name, partition }
      try {
        // Meanwhile no other topic comes under this name, which offsets of this one would be wrong for.
        await context.catalog.exclusively(scope, topic.name, () => cleanPartition({ scope, topic, at }, idle, context))
      } catch (thrown) {
        if (context.signal.aborted) return
        context.failed()
        context.logger.warn({ err: thrown, ...at }, 'a partition could not be cleaned; it is tried again')
      }
    }
  }
  const ids = new Set(topics.map(({ id }) => id))
  for (const key of idle.keys()) if (!ids.has(key.slice(0, key.indexOf('/')))) idle.delete(key)
  await forgetOthers(scope, ids)
}

interface Turn {
  readonly scope: TenantScope
  readonly topic: Topic
  readonly at: Partition
}

async function cleanPartition(turn: Turn, idle: IdlePartitions, context: CleanContext): Promise<void> {
  const { scope, topic } = turn
  const current = await scope.log.topic(topic.name)
  if (current?.id !== topic.id) return
  const policy = partsOf(settingOf(current, 'cleanup.policy'))
  const now = { ...turn, topic: current }
  if (policy.includes('delete') && (await retainPartition(now, { ...context, nowMs: context.clock.now() }))) {
    context.cleaned('deleted')
  }
  if (policy.includes('compact')) await compactFully(now, idle, context)
}

/** Pass after pass while each gets on: one remembers only so many keys. */
async function compactFully(turn: Turn, idle: IdlePartitions, context: CleanContext): Promise<void> {
  for (let passes = 0; passes < passesMax && !context.signal.aborted; passes++) {
    if (!(await compactPartition(turn, idle, context))) return
    context.cleaned('compacted')
  }
}

/** What is left then waits for the tenant's next turn. */
const passesMax = 8
