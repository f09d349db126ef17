import type { Outcome, Sent } from '../log-checker/history.ts'
import { type Client, partitionOf, type ToSend } from './client.ts'

/** Values sent one at a time by an idempotent producer. */
export async function produceIdempotently(client: Client, partitions: readonly string[], deeds: number): Promise<void> {
  for (let n = 0; n < deeds; n++) {
    if (!client.identity && !(await client.initialise(null))) continue
    await client.pause(60)
    const sent = { partition: client.pick(partitions), value: `${client.name}-${n}` }
    const outcome = await client.send(sent)
    const offset = outcome?.ok ? outcome.baseOffset : undefined
    // Refused after tries whose outcome nobody knows: it may have taken effect with one of those.
    client.note({
      kind: 'work',
      process: client.name,
      outcome: outcome?.ok ? 'ok' : 'unknown',
      sends: [{ ...sent, offset }],
      reads: [],
    })
    if (!outcome?.ok) await client.initialise(null)
  }
}

/** Values sent in transactions, some of which are aborted. */
export async function produceInTransactions(
  client: Client,
  partitions: readonly string[],
  deeds: number,
): Promise<void> {
  const transactionalId = `tx-${client.name}`
  for (let n = 0; n < deeds; n++) {
    if (!client.identity && !(await client.initialise(transactionalId))) continue
    await client.pause(60)
    const values = Array.from({ length: 1 + Math.floor(client.randomness.fraction() * 3) }, (_, i) => ({
      partition: client.pick(partitions),
      value: `${client.name}-${n}.${i}`,
    }))
    const { outcome, sends, isSettled } = await transact(client, transactionalId, values, {
      commit: !client.chance(0.3),
    })
    client.note({ kind: 'work', process: client.name, outcome, sends, reads: [] })
    if (!isSettled || client.chance(0.1)) await client.initialise(transactionalId)
  }
}

export interface TransactionWork {
  readonly outcome: Outcome
  readonly sends: readonly Sent[]
  /** Whether the same identity may begin another one. */
  readonly isSettled: boolean
}

/** One transaction: its outcome as its producer knows it. */
export async function transact(
  client: Client,
  transactionalId: string,
  values: readonly ToSend[],
  { commit, further }: { readonly commit: boolean; readonly further?: () => Promise<boolean> },
): Promise<TransactionWork> {
  const producer = { transactionalId, ...client.identity! }
  const sends: Sent[] = values.map((each) => ({ ...each }))
  const partitions = [...new Set(values.map(({ partition }) => partition))].map(partitionOf)
  if (
    !(await untilSettled(client, (streams, scope) => streams.transactions.addPartitions(scope, producer, partitions)))
  ) {
    return { outcome: 'failed', sends, isSettled: false }
  }
  for (const [index, value] of values.entries()) {
    const outcome = await client.send(value, { isTransactional: true })
    // Not ended by this producer: whoever comes next, or the timeout, aborts it.
    if (!outcome?.ok) return { outcome: 'failed', sends, isSettled: false }
    sends[index] = { ...value, offset: outcome.baseOffset }
  }
  if (further && !(await further())) return { outcome: 'failed', sends, isSettled: false }
  const asked = await untilSettled(client, (streams, scope) => streams.transactions.end(scope, { ...producer, commit }))
  client.world.trace.note(`${client.name} ${commit ? 'commits' : 'aborts'}: ${asked ? 'done' : 'unknown'}`)
  if (!commit) return { outcome: 'failed', sends, isSettled: asked }
  return { outcome: asked ? 'ok' : 'unknown', sends, isSettled: asked }
}

/** Asks until the coordinator agrees; false when it refuses for good or doesn't answer. */
export async function untilSettled(
  client: Client,
  call: (...given: Parameters<Parameters<Client['ask']>[0]>) => Promise<string | undefined>,
): Promise<boolean> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const answer = await client.ask(async (streams, scope) => ({ failure: await call(streams, scope) }))
    if (!answer) return false
    if (answer.failure === undefined) return true
    if (answer.failure !== 'concurrent-transactions') return false
    await client.pause(200)
  }
  return false
}
