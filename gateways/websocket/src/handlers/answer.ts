import type { ClientFrameOf } from '@koine/protocols-realtime'
import type { Connection } from '../connection.ts'
import { answerCatchUp } from './catch-up.ts'
import { answerRead } from './read.ts'
import { answerSend } from './send.ts'

/** A frame that gets an answer of its own, by `ref`. */
export type RequestFrame = ClientFrameOf<'send'> | ClientFrameOf<'read'> | ClientFrameOf<'catchUp'>

/** Handles a request and answers it, with an error frame when it fails. Never rejects. */
export async function answer(connection: Connection, frame: RequestFrame): Promise<void> {
  try {
    if (frame.type === 'send') await answerSend(connection, frame)
    else if (frame.type === 'read') await answerRead(connection, frame)
    else await answerCatchUp(connection, frame)
  } catch (thrown) {
    connection.refuse(frame.ref, thrown)
  }
}
