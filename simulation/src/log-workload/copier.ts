import type { Seen } from '../log-checker/history.ts'
import { copyOf } from '../log-checker/checks/copies.ts'
import { type Client, partitionOf } from './client.ts'
import { transact, untilSettled } from './producers.ts'
import { readSome } from './readers.ts'

const group = 'copiers'

/**
 * Copies a partition record by record into another, exactly once: reads from the group's committed offset, and commits the
 * copies and the new offset in one transaction. Several copiers of one partition share a transactional id and fence each
 * other.
 */
export async function copy(
  client: Client,
  { from, to, isOver }: { readonly from: string; readonly to: string; readonly isOver: () => boolean },
): Promise<void> {
  const transactionalId = `copier-of-${from}`
  const position = { next: -1 }
  for (let idle = 0; !(isOver() && idle > 3);) {
    await client.pause(200)
    if (position.next < 0) {
      if (!(await client.initialise(transactionalId))) continue
      const committed = await committedOffset(client, from)
      if (committed === undefined) continue
      client.note({ kind: 'reassigned', process: client.name })
      position.next = committed
    }
    const start = position.next
    const reads = await readSome(client, from, position)
    if (reads && reads.length === 0) idle++
    if (!reads || reads.length === 0) continue
    idle = 0
    client.polled(reads)
    if (!(await copySome(client, { transactionalId, from, to, reads, next: position.next }))) position.next = -1
    else client.world.trace.note(`${client.name} has copied ${from}@${start} to @${position.next}`)
  }
}

interface Some {
  readonly transactionalId: string
  readonly from: string
  readonly to: string
  readonly reads: readonly Seen[]
  readonly next: number
}

/** False: the copier has to begin again from what is committed. */
async function copySome(client: Client, { transactionalId, from, to, reads, next }: Some): Promise<boolean> {
  const producer = { transactionalId, ...client.identity! }
  const values = reads.map(({ value }) => ({ partition: to, value: copyOf(value) }))
  const offsets = [{ ...partitionOf(from), offset: next }]
  const claim = { groupId: group, memberId: '', instanceId: null, generation: -1 }
  const { outcome, sends, isSettled } = await transact(client, transactionalId, values, {
    commit: !client.chance(0.15),
    further: async () => {
      const added = await untilSettled(client, (streams, scope) =>
        streams.transactions.addGroup(scope, producer, group),
      )
      if (!added) return false
      return untilSettled(client, async (streams, scope) => {
        const [failure] = await streams.transactions.commitOffsets(scope, producer, { claim, offsets })
        return failure
      })
    },
  })
  // A second copier tries the same copies again under the same values: what this one failed at says nothing about those.
  client.note({ kind: 'work', process: client.name, outcome: outcome === 'ok' ? 'ok' : 'unknown', sends, reads })
  return outcome === 'ok' && isSettled
}

/** Waits for what is being ended, as consumers that require stable offsets do. */
async function committedOffset(client: Client, from: string): Promise<number | undefined> {
  const at = partitionOf(from)
  for (let attempt = 0; attempt < 40; attempt++) {
    const fetched = await client.ask((streams, scope) =>
      streams.groups.fetchOffsets(scope, { groupId: group, memberId: null, memberEpoch: -1 }),
    )
    if (!fetched) return undefined
    if (!fetched.ok) throw new Error(`offsets can't be had: ${fetched.reason}`)
    const held = fetched.offsets.find(({ topic, partition }) => topic === at.topic && partition === at.partition)
    if (!fetched.pending.has(`${at.topic}/${at.partition}`)) return held?.offset ?? 0
    await client.pause(500)
  }
  return undefined
}
