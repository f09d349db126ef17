import type { Metrics } from '@koine/base'
import type { DiskHealth } from './disk-health.ts'
import type { Space } from './disk-space.ts'
import { diskStates } from './disk-report.ts'

/** Tells Prometheus of the disk. */
export function measureDisk(
  health: DiskHealth,
  metrics: Metrics,
  space: () => Space | undefined = () => undefined,
): void {
  const { limits } = health
  metrics.series({
    name: 'koine_disk_state',
    help: `1 for the state that the disk is in: slow (one sync in ten takes ${limits.syncSlowMs} ms), stuck (an operation has been under way for ${limits.stuckMs} ms), failing (writing fails).`,
    labelNames: ['state'],
    collect: async () => diskStates.map((state) => ({ labels: { state }, value: health.state === state ? 1 : 0 })),
  })
  metrics.gauge({
    name: 'koine_disk_oldest_wait_seconds',
    help: 'How long the oldest operation on the disk has been under way.',
    collect: () => health.oldestWaitMs() / 1000,
  })
  metrics.series({
    name: 'koine_disk_recent_seconds',
    help: 'Nine in ten of the last seconds’ operations stayed within it.',
    labelNames: ['operation'],
    collect: async () =>
      Object.entries(health.describe().recentMs).map(([operation, ms]) => ({
        labels: { operation },
        value: ms / 1000,
      })),
  })
  const errors = metrics.counter({
    name: 'koine_disk_errors_total',
    help: 'Errors of the disk, such as EIO and ENOSPC, by what was being done.',
    labelNames: ['operation', 'code'],
  })
  metrics.gauge({
    name: 'koine_disk_free_bytes',
    help: 'What may still be written where the data is; NaN: it can’t be told.',
    collect: () => space()?.freeBytes ?? Number.NaN,
  })
  metrics.gauge({
    name: 'koine_disk_size_bytes',
    help: 'Of the file system where the data is; NaN: it can’t be told.',
    collect: () => space()?.totalBytes ?? Number.NaN,
  })
  const syncs = metrics.histogram({ name: 'koine_disk_sync_seconds', help: 'How long a sync of a file takes.' })
  health.observe({
    synced: (ms) => syncs.observe(ms / 1000),
    failed: ({ operation, code }) => errors.inc({ operation, code }),
  })
}
