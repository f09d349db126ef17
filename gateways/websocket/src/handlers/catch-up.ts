import { type ConversationId, conversationIds, KoineError } from '@koine/base'
import {
  type ClientFrameOf,
  encodeFrame,
  encodeMessage,
  encodeMessageFrame,
  positionsOf,
} from '@koine/protocols-realtime'
import { decodeChangeCursor } from '@koine/services-messaging'
import type { Connection } from '../connection.ts'
import { wireFrame } from '../wire-frame.ts'
import { giveChanges } from './changes.ts'

/** What a client says that it has: a cursor, or positions by conversation. */
export interface Held {
  readonly cursor?: string | undefined
  readonly positions?: { readonly [conversationId: string]: number } | undefined
}

export async function answerCatchUp(connection: Connection, frame: ClientFrameOf<'catchUp'>): Promise<void> {
  if (!connection.live.holdBack(connection.realtime.limits.sendBufferBytes)) {
    throw new KoineError('overloaded', 'A catch-up is under way on this connection; wait for its caughtUp.', {
      retryAfterMs: 1000,
    })
  }
  await catchUp(connection, { cursor: frame.cursor, positions: frame.held }, frame.ref)
}

/**
 * Writes a page of what lies beyond what the client has, then `caughtUp`, then the live events that came meanwhile and were
 * not in the page. The connection holds live events back since before the page is read.
 */
export async function catchUp(connection: Connection, held: Held, ref?: string): Promise<void> {
  let reached: ReadonlyMap<string, number> = new Map()
  try {
    reached = await (held.cursor === undefined
      ? catchUpByPositions(connection, positionsOf(held.positions ?? {}), ref)
      : catchUpByCursor(connection, held.cursor, ref))
  } finally {
    connection.letGo(reached)
  }
}

async function catchUpByCursor(
  connection: Connection,
  text: string,
  ref: string | undefined,
): Promise<ReadonlyMap<string, number>> {
  const from = decodeChangeCursor(connection.user.userId, text)
  const { cursor, hasMore, reset, reached } = await giveChanges(connection, from)
  connection.send({
    type: 'caughtUp',
    ...(ref !== undefined && { ref }),
    hasMore,
    cursor: connection.cursorText(cursor),
    ...(reset && { reset }),
  })
  if (hasMore) connection.unfollow()
  else connection.follow(cursor)
  return reached
}

async function catchUpByPositions(
  connection: Connection,
  held: Map<string, number>,
  ref: string | undefined,
): Promise<ReadonlyMap<string, number>> {
  const { scope, userId } = connection.user
  const { messaging, limits } = connection.realtime
  const reached = positionsOfOurs(held)
  // Asked first: what the log is told from here on, the client hears of.
  const end = await messaging.changesEnd(scope, userId)
  const page = await messaging.catchUp(scope, userId, reached, limits.catchUpMessages)
  for (const conversation of page.conversations) {
    await connection.writePaced(wireFrame(encodeFrame({ type: 'conversation', conversation })))
  }
  for (const message of page.messages) {
    await connection.writePaced(wireFrame(encodeMessageFrame(encodeMessage(message))))
    reached.set(message.conversationId, message.seq)
  }
  const { hasMore } = page
  connection.send({
    type: 'caughtUp',
    ...(ref !== undefined && { ref }),
    hasMore,
    ...(!hasMore && { cursor: connection.cursorText(end) }),
  })
  if (hasMore) connection.unfollow()
  else connection.follow(end)
  return reached
}

/** Names that can't be a conversation's are passed over, as are those of conversations that aren't the caller's. */
function positionsOfOurs(held: Map<string, number>): Map<ConversationId, number> {
  const ours = new Map<ConversationId, number>()
  for (const [text, seq] of held) {
    const id = conversationIds.parse(text)
    if (id) ours.set(id, seq)
  }
  return ours
}
