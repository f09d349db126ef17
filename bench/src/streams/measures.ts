import { consumeLocal, consumeTiered } from './consume-old.ts'
import { createManyPartitions } from './create-partitions.ts'
import { endToEnd } from './end-to-end.ts'
import type { Group } from './group.ts'
import { noisyNeighbour } from './noisy-neighbour.ts'
import { produceMeasure, sixPartitions } from './produce.ts'
import { start } from './start.ts'

/** Every measure against Apache Kafka, in the order in which they are taken. */
export const groups: readonly Group[] = [
  produceMeasure({
    id: 'produce_os_1p',
    partitions: 1,
    durability: 'os',
    atLeast: 1,
    note: 'neither syncs before it answers',
  }),
  sixPartitions,
  produceMeasure({
    id: 'produce_sync_6p',
    partitions: 6,
    durability: 'sync',
    atLeast: 0.7,
    note: 'only ours syncs before it answers',
  }),
  produceMeasure({
    id: 'produce_sync_vs_flush1',
    partitions: 6,
    durability: 'sync',
    atLeast: 5,
    peerSettings: { 'flush.messages': '1' },
    share: 0.3,
    note: 'both sync before they answer, Kafka by flush.messages=1',
  }),
  consumeLocal,
  consumeTiered,
  endToEnd,
  start,
  createManyPartitions,
  noisyNeighbour,
]
