import type { RealtimeConversation, RealtimeMessage } from '@koine/protocols-realtime'

/** A message. `seq` counts from 1 without gaps within its conversation. */
export type Message = RealtimeMessage
/** A conversation. `lastSeq` is the `seq` of its newest message when this was read, 0 for none. */
export type Conversation = RealtimeConversation
/** Someone has read up to `seq`. */
export interface ReadEvent {
  readonly conversationId: string
  readonly userId: string
  readonly seq: number
}
