import type { ConversationId, UserId } from '@koine/base'
import type { RecordKey, TenantScope } from '@koine/stores-ports'
import { formatVersion, known } from '../records.ts'

const keptMs = 30 * 24 * 3600 * 1000

/**
 * Up to which message of a conversation a user has been sent pushes. One push tells of all messages so far, so those
 * behind the position need none of their own.
 */
const positionKey = (user: UserId, conversation: ConversationId): RecordKey => ({
  table: 'push-positions',
  pk: user,
  sk: conversation,
})

/** In the order of `users`, at most 100 of them; 0 where nothing was sent. */
export async function positionsOf(
  scope: TenantScope,
  users: readonly UserId[],
  conversation: ConversationId,
): Promise<number[]> {
  const records = await scope.tables.getMany(users.map((user) => positionKey(user, conversation)))
  return records.map((record) => (record ? (known(record)['n'] as number) : 0))
}

/** Never lowers it. */
export async function raisePosition(
  scope: TenantScope,
  { user, conversation, seq, nowMs }: { user: UserId; conversation: ConversationId; seq: number; nowMs: number },
): Promise<void> {
  const put = positionKey(user, conversation)
  for (;;) {
    const held = await scope.tables.get(put)
    if (held && (known(held)['n'] as number) >= seq) return
    const condition = held ? { version: held.version } : 'absent'
    const attributes = { v: formatVersion, n: seq }
    const operations = [{ put, attributes, expiresAtMs: nowMs + keptMs, if: condition } as const]
    // Whoever came first has raised it, so the loop ends with the highest.
    if ((await scope.tables.write({ operations })).ok) return
  }
}
