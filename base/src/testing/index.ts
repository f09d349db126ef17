export { ManualClock } from './manual-clock.ts'
export { peer } from './peer.ts'
export { temporaryDirectory } from './temporary-directory.ts'
export { until } from './until.ts'
