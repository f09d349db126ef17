import type { LogUsage } from '@koine/stores-ports'
import type { Engine } from '../engine.ts'
import type { LogState } from '../log-state.ts'
import { summaryOf } from '../segment-summary.ts'
import { isTiered } from './tiered-file.ts'

/** What a tenant's segments take, by the indexes alone, and where batches were read from. */
export async function logUsage(engine: Engine, state: LogState, readBytes: LogUsage['readBytes']): Promise<LogUsage> {
  const { sealed, active } = state
  let localSegments = active ? 1 : 0
  let localBytes = active?.bytes ?? 0
  for (const segment of sealed) {
    if (isTiered(segment)) continue
    localSegments++
    localBytes += (await summaryOf(engine, state, segment)).segmentBytes
  }
  const objects = engine.tier?.records.all('copied') ?? []
  const tieredBytes = objects.reduce((sum, { segmentBytes, footerBytes }) => sum + segmentBytes + footerBytes, 0)
  const damagedSegments = engine.tier?.damaged.size ?? 0
  return {
    localSegments,
    localBytes,
    tieredSegments: objects.length,
    tieredBytes,
    damagedSegments,
    readBytes: { ...readBytes },
  }
}
