import type { ClientFrameOf } from '@koine/protocols-realtime'
import type { Connection } from '../connection.ts'
import { conversationIdOf } from './conversation-id.ts'

/** Answers `sent` once the message is durable. Sends to one conversation are handled in the order in which they came. */
export async function answerSend(connection: Connection, frame: ClientFrameOf<'send'>): Promise<void> {
  const conversationId = conversationIdOf(frame.conversationId)
  const { clientMessageId, text } = frame
  const { scope, userId: senderId } = connection.user
  const { messaging, liveFrames } = connection.realtime
  connection.live.ownSends.begin(frame)
  try {
    const message = await connection.lanes.run(conversationId, () =>
      messaging.send(scope, { conversationId, senderId, clientMessageId, text }),
    )
    connection.live.ownSends.answered(message)
    connection.write(liveFrames.sent(frame.ref, message))
    connection.followed?.pushed(message.conversationId, message.seq)
  } catch (thrown) {
    const swallowed = connection.live.ownSends.failed(frame)
    if (swallowed) connection.write(swallowed)
    throw thrown
  }
}
