import { join } from 'node:path'
import type { Engine } from './engine.ts'
import type { LogState } from './log-state.ts'
import { namedFiles, type Segment, unfinishedPath } from './segment.ts'

/**
 * Puts a later generation of a segment, whole and durable but for its name, in its place. A crash leaves one or the other;
 * readers that are under way go on with the one before, or find that it is gone and look again.
 */
export async function replaceSegment(engine: Engine, state: LogState, segment: Segment, next: Segment): Promise<void> {
  const { files } = engine
  // First its index's name, so that none of an earlier attempt can stand in for it.
  await files.syncDirectory(state.directory)
  await files.rename(unfinishedPath(next), next.path)
  await files.syncDirectory(state.directory)
  state.sealed = state.sealed.map((each) => (each === segment ? next : each))
  await removeSegmentFiles(engine, segment)
  // A copy of the one before counts no more, whether this is noted or not.
  await engine.tier?.discard(segment.sequence)
}

/**
 * Deletes a segment in which nobody has anything any more. Other generations go first, durably: a crash must not bring
 * back what this one left out.
 */
export async function deleteSegment(engine: Engine, state: LogState, segment: Segment): Promise<void> {
  const { files } = engine
  state.sealed = state.sealed.filter((each) => each !== segment)
  if (segment.generation > 0) {
    const found = namedFiles(await files.list(state.directory))
    const others = found.filter((file) => file.sequence === segment.sequence && file.generation !== segment.generation)
    for (const { name } of others) await files.remove(join(state.directory, name))
    await files.syncDirectory(state.directory)
  }
  await engine.tier?.discard(segment.sequence)
  await removeSegmentFiles(engine, segment)
}

/** Removes what a segment has on the local disk. */
export async function removeSegmentFiles({ files, openFiles, indexCache }: Engine, segment: Segment): Promise<void> {
  openFiles.forget(segment.path)
  indexCache.forget(segment)
  await files.remove(segment.indexPath)
  if (!segment.object) await files.remove(segment.path)
}
