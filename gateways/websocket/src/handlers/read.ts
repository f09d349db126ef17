import type { ClientFrameOf } from '@koine/protocols-realtime'
import type { Connection } from '../connection.ts'
import { conversationIdOf } from './conversation-id.ts'

/** Answers with the read position that holds now, which may be ahead of the one asked for. */
export async function answerRead(connection: Connection, frame: ClientFrameOf<'read'>): Promise<void> {
  const conversationId = conversationIdOf(frame.conversationId)
  const { scope, userId } = connection.user
  const { readSeq } = await connection.realtime.messaging.markRead(scope, userId, conversationId, frame.seq)
  connection.send({ type: 'read', ref: frame.ref, conversationId, userId, seq: readSeq })
}
