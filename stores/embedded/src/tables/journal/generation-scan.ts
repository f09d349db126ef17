import { KoineError } from '@koine/base'
import { type Changes, changesAt, frameAt, journalFrameHeaderBytes } from './journal-frame.ts'

/** One generation as a journal's file holds it. */
export interface ScannedGeneration {
  readonly generation: number
  /** In the order of commits. */
  readonly commits: readonly Changes[]
  /** How far the file is whole. */
  readonly bytes: number
}

/**
 * Reads the generation that stands at the beginning of a journal's file; undefined when there is none that needs
 * replaying. What an earlier generation left behind it isn't looked at.
 *
 * A frame is written only once the one before it is on the disk. So one that isn't whole is an unfinished write, and the
 * end; unless a whole one stands behind it that isn't kept elsewhere, which tells of damage.
 * @param keptElsewhere the newest generation that needs no replaying
 * @throws KoineError `unavailable` when something that was acknowledged is damaged
 */
export function scanGeneration(bytes: Buffer, name: string, keptElsewhere: number): ScannedGeneration | undefined {
  const commits: Changes[] = []
  let generation: number | undefined
  let at = 0
  for (;;) {
    const frame = frameAt(bytes, at)
    if (!frame || frame.generation <= keptElsewhere || frame.number !== commits.length) break
    if (generation !== undefined && frame.generation !== generation) break
    generation = frame.generation
    commits.push(changesAt(bytes, at, frame))
    at = frame.end
  }
  refuseWhatIsBehind(bytes, at, { name, keptElsewhere })
  return generation === undefined ? undefined : { generation, commits, bytes: at }
}

function refuseWhatIsBehind(
  bytes: Buffer,
  from: number,
  { name, keptElsewhere }: { readonly name: string; readonly keptElsewhere: number },
): void {
  for (let at = from; at + journalFrameHeaderBytes <= bytes.length; at++) {
    // Only two are ever needed; any other is of an earlier time, or part of a value.
    const ahead = bytes.readUInt32BE(at + 12) - keptElsewhere
    if (ahead < 1 || ahead > 2 || !frameAt(bytes, at)) continue
    throw new KoineError('unavailable', `The journal ${name} is damaged at byte ${from}: more stands behind it.`)
  }
}
