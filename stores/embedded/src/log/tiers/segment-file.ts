import { invariant } from '@koine/base'
import { CorruptSegment } from '../corrupt-segment.ts'
import type { Engine } from '../engine.ts'
import type { LogFile } from '../log-files.ts'
import type { Segment } from '../segment.ts'
import { BrokenObject } from './broken-object.ts'
import { isTiered, tieredFile, type TieredSegment, uncachedTieredFile } from './tiered-file.ts'
import type { TenantTier } from './tenant-tier.ts'

/** Runs `action` on a segment, on whichever medium it is, to read it from end to end. */
export async function scanSegmentFile<T>(
  engine: Engine,
  segment: Segment,
  action: (file: LogFile) => Promise<T>,
): Promise<T> {
  if (!isTiered(segment)) return engine.openFiles.use(segment.path, 'read', action)
  return action(uncachedTieredFile(tierOf(engine), segment))
}

/**
 * Runs `action` on a segment, on whichever medium it is, to read some of it. What the blob store returns wrong is asked
 * for once more, past all caches.
 * @throws CorruptSegment; `unavailable` when the blob store hasn't got the object, or not as it was
 */
export async function withSegmentFile<T>(
  engine: Engine,
  segment: Segment,
  action: (file: LogFile) => Promise<T>,
): Promise<T> {
  if (!isTiered(segment)) return engine.openFiles.use(segment.path, 'read', action)
  const tier = tierOf(engine)
  try {
    return await action(tieredFile(tier, segment))
  } catch (error) {
    tier.metrics.failed('read')
    if (!(error instanceof CorruptSegment)) throw error
    tier.cache.forgetObject(segment.cacheId)
    engine.logger.warn({ err: error, key: segment.object.key }, 'The blob store returned wrong bytes; asking once more')
    return await readAgain(tier, segment, action)
  }
}

async function readAgain<T>(
  tier: TenantTier,
  segment: TieredSegment,
  action: (file: LogFile) => Promise<T>,
): Promise<T> {
  try {
    return await action(uncachedTieredFile(tier, segment))
  } catch (error) {
    if (error instanceof CorruptSegment) throw new BrokenObject(segment.object.key, 'comes back changed', error)
    throw error
  }
}

export function tierOf({ tier }: Engine): TenantTier {
  invariant(tier, 'Only a log with a blob store has tiered segments.')
  return tier
}
