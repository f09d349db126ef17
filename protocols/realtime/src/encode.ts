import type { ClientFrame } from './client-frames.ts'
import type { ServerFrame } from './server-frames.ts'
import type { RealtimeMessage } from './shapes.ts'

/** A frame as the text that goes over the wire. */
export const encodeFrame = (frame: ServerFrame | ClientFrame): string => JSON.stringify(frame)

/**
 * A message as JSON text, made once and put into any number of frames by `encodeMessageFrame` and `encodeSentFrame`.
 * Names the members, so that nothing else that a caller's object holds reaches a client.
 */
export const encodeMessage = (message: RealtimeMessage): string =>
  JSON.stringify({
    id: message.id,
    conversationId: message.conversationId,
    seq: message.seq,
    senderId: message.senderId,
    clientMessageId: message.clientMessageId,
    text: message.text,
    sentAt: message.sentAt,
  })

/** @param message what `encodeMessage` returned */
export const encodeMessageFrame = (message: string): string => `{"type":"message","message":${message}}`

/** @param message what `encodeMessage` returned */
export const encodeSentFrame = (ref: string, message: string): string =>
  `{"type":"sent","ref":${JSON.stringify(ref)},"message":${message}}`
