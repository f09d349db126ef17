import { type ConversationId, conversationIds, KoineError } from '@koine/base'
import {
  type ClientFrameOf,
  encodeFrame,
  encodeMessage,
  encodeMessageFrame,
  positionsOf,
} from '@koine/protocols-realtime'
import type { Connection } from '../connection.ts'
import { wireFrame } from '../wire-frame.ts'

export async function answerCatchUp(connection: Connection, frame: ClientFrameOf<'catchUp'>): Promise<void> {
  if (!connection.live.holdBack(connection.realtime.limits.sendBufferBytes)) {
    throw new KoineError('overloaded', 'A catch-up is under way on this connection; wait for its caughtUp.', {
      retryAfterMs: 1000,
    })
  }
  await catchUp(connection, positionsOf(frame.held), frame.ref)
}

/**
 * Writes a page of what lies beyond the client's positions, then `caughtUp`, then the live events that came meanwhile and
 * were not in the page. The connection holds live events back since before the page is read.
 */
export async function catchUp(connection: Connection, held: Map<string, number>, ref?: string): Promise<void> {
  const { scope, userId } = connection.user
  const { messaging, limits } = connection.realtime
  const reached = positionsOfOurs(held)
  try {
    const page = await messaging.catchUp(scope, userId, reached, limits.catchUpMessages)
    for (const conversation of page.conversations) {
      await connection.writePaced(wireFrame(encodeFrame({ type: 'conversation', conversation })))
    }
    for (const message of page.messages) {
      await connection.writePaced(wireFrame(encodeMessageFrame(encodeMessage(message))))
      reached.set(message.conversationId, message.seq)
    }
    connection.send({ type: 'caughtUp', ...(ref !== undefined && { ref }), hasMore: page.hasMore })
  } finally {
    for (const bytes of connection.live.letGo(reached)) connection.write(bytes)
  }
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
