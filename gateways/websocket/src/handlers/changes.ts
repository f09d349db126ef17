import type { ConversationId } from '@koine/base'
import { encodeFrame, encodeMessage, encodeMessageFrame } from '@koine/protocols-realtime'
import type { ChangeCursor, Changed } from '@koine/services-messaging'
import type { Connection } from '../connection.ts'
import { wireFrame } from '../wire-frame.ts'

export interface Given extends Pick<Changed, 'cursor' | 'hasMore' | 'reset'> {
  /** How far the client was given each conversation. */
  readonly reached: ReadonlyMap<ConversationId, number>
}

/** Writes a page of what lies beyond a cursor in the user's change log. */
export async function giveChanges(connection: Connection, from: ChangeCursor): Promise<Given> {
  const { scope, userId } = connection.user
  const { messaging, limits } = connection.realtime
  const { cursor, hasMore, reset, ...page } = await messaging.changesSince(scope, userId, from, limits.catchUpMessages)
  const reached = new Map<ConversationId, number>()
  for (const conversation of page.conversations) {
    await connection.writePaced(wireFrame(encodeFrame({ type: 'conversation', conversation })))
  }
  for (const message of page.messages) {
    await connection.writePaced(wireFrame(encodeMessageFrame(encodeMessage(message))))
    reached.set(message.conversationId, message.seq)
  }
  return { cursor, hasMore, reset, reached }
}
