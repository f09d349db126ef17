import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandomness, silentLogger, systemClock } from '@koine/base'
import { defaultLimits, type Engine } from './engine.ts'
import { IndexCache } from './index-cache.ts'
import type { LogState } from './log-state.ts'
import { OpenFiles } from './open-files.ts'
import { segmentAt } from './segment.ts'
import { deleteSegment, replaceSegment } from './segment-replacement.ts'
import { SimulatedDisk } from './simulated-disk.ts'
import { TailCache } from './tail-cache.ts'

const directory = '/data'

function engineOn(disk: SimulatedDisk): Engine {
  const files = disk.mount()
  return {
    files,
    openFiles: new OpenFiles(files, 10),
    tailCache: new TailCache(0),
    indexCache: new IndexCache(0),
    unsynced: { bytes: 0 },
    clock: systemClock,
    limits: defaultLimits,
    logger: silentLogger,
  }
}

test('no generation of a deleted segment comes back without the later ones, wherever the machine stops', async () => {
  for (let seed = 0; seed < 300; seed++) {
    const disk = new SimulatedDisk(seededRandomness(seed))
    const engine = engineOn(disk)
    const [first, second] = [segmentAt(directory, 1), segmentAt(directory, 1, 1)]
    for (const path of [first.path, first.indexPath, `${second.path}.new`, second.indexPath]) {
      await engine.openFiles.use(path, 'write', (file) => file.sync())
    }
    await engine.files.syncDirectory(directory)
    const state: LogState = {
      directory,
      known: { isLive: () => true, startOffset: () => 0, gapsBefore: () => 0, started: () => [] },
      sealed: [first],
      active: undefined,
      partitions: new Map(),
    }
    const stopped = disk.stopAt(seed % 14, 'machine')
    let isReplaced = false
    const changing = async (): Promise<void> => {
      await replaceSegment(engine, state, first, second)
      assert.deepEqual(state.sealed, [second])
      isReplaced = true
      await deleteSegment(engine, state, second)
      assert.deepEqual(state.sealed, [])
    }
    await Promise.race([stopped, changing()])
    disk.crash()
    const left = disk.names().filter((name) => name.endsWith('.segment'))
    if (isReplaced) assert.notDeepEqual(left, [first.path], `seed ${seed}`)
    else assert.ok(left.length > 0, `seed ${seed}`)
  }
})
