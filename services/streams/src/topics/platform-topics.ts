import type { TenantScope } from '@koine/stores-ports'

const platformTopics = ['koine.messages'] as const

/** Kept for ever unless the operator settles otherwise: they are the record of what happened. */
const settings = { 'retention.ms': '-1', 'retention.bytes': '-1' }
const partitions = 6

/** Makes the topics that the platform writes, so that clients find them before the first event. Repeating is harmless. */
export async function createPlatformTopics(scope: TenantScope): Promise<void> {
  for (const name of platformTopics) await scope.log.createTopic({ name, partitions, settings })
}
