import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '@koine/base/testing'
import type { LogHistory, Seen } from '../log-checker/history.ts'
import { Cluster } from './cluster.ts'
import { copy } from './copier.ts'
import { groupReadsAll, readInGroup, withoutFalseReads } from './group-reader.ts'
import { makeMischief, type MischiefOptions } from './mischief.ts'
import { readOn, readToEnd } from './positioned-reader.ts'
import { produceIdempotently, produceInTransactions, transactionTimeoutMs } from './producers.ts'
import { Recorder } from './recorder.ts'
import { copies, groupMembers, partitions, sources } from './verdict.ts'

/** For what has to come once it is calm. */
const patienceMs = 60_000

export interface LogClusterOptions extends MischiefOptions {
  /** Of the server; it is not removed. */
  readonly dataDir: string
}

export interface LogClusterRun {
  readonly history: LogHistory
  /** What went wrong beside the history. */
  readonly surprises: readonly string[]
  /** How often clients were told which error. */
  readonly errors: ReadonlyMap<string, number>
  readonly kills: number
  readonly freezes: number
}

/** Real clients of the real program while it is killed and frozen; then everything that is left is read. */
export async function runLogCluster(options: LogClusterOptions): Promise<LogClusterRun> {
  await using cluster = await Cluster.open(options.dataDir)
  const recorder = new Recorder()
  await createTopics(cluster)
  const producers = [
    ...['p1', 'p2'].map((name) => produceIdempotently(cluster, recorder, { name, partitions: sources })),
    ...['t1', 't2'].map((name) => produceInTransactions(cluster, recorder, { name, partitions: sources })),
  ]
  const others = [
    ...['r1', 'r2'].map((name) => readOn(cluster, recorder, { name, partitions })),
    ...sources.flatMap((from, n) =>
      ['a', 'b'].map((twin) => copy(cluster, recorder, { name: `c${n}${twin}`, from, to: copies[n]! })),
    ),
  ]
  const members = groupMembers.map((name) => readInGroup(cluster, recorder, { name, topics: ['in', 'out'] }))
  await makeMischief(cluster, options)
  options.progress('calm')
  recorder.isCalm = true
  await Promise.all(producers)
  // Whatever is still open comes to its end by the timeout.
  await sleep(transactionTimeoutMs)
  recorder.isOver = true
  const patience = setTimeout(() => {
    recorder.isGivenUp = true
    recorder.surprises.push('copiers came to no end')
  }, patienceMs)
  await Promise.all(others)
  clearTimeout(patience)
  const { final, surprises } = await readAll(cluster)
  await groupHasRead(recorder, final)
  recorder.isGivenUp = true
  await Promise.all(members)
  return {
    history: { entries: withoutFalseReads(recorder.entries, groupMembers), final },
    surprises: [...cluster.surprises, ...recorder.surprises, ...surprises],
    errors: recorder.errors,
    kills: cluster.kills,
    freezes: cluster.freezes,
  }
}

async function createTopics(cluster: Cluster): Promise<void> {
  const admin = cluster.kafka('admin').admin()
  await admin.connect()
  await admin.createTopics({ topics: ['in', 'out'].map((topic) => ({ topic, numPartitions: 2 })) })
  await admin.disconnect()
}

async function readAll(cluster: Cluster): Promise<{ final: Seen[]; surprises: string[] }> {
  const final: Seen[] = []
  const surprises: string[] = []
  for (const partition of partitions) {
    try {
      final.push(...(await readToEnd(cluster, partition)))
    } catch (thrown) {
      surprises.push(`noStuckTransactions: ${String(thrown)}`)
    }
  }
  return { final, surprises }
}

/** Waits until the group has come to the end; when it never does, the verdict says of which records. */
async function groupHasRead(recorder: Recorder, final: readonly Seen[]): Promise<void> {
  const check = groupReadsAll(groupMembers)
  const isDone = (): boolean => [...check({ entries: recorder.entries, final })].length === 0
  await until('the group has read all', isDone, patienceMs).catch(() => {})
}
