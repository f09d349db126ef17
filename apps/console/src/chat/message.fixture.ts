import type { Message } from '../api/ports.ts'

/** A message for the tests, its text and id told by its seq; one a minute from a fixed morning on. */
export function messageOf(part: Partial<Message> & { seq: number }): Message {
  const { seq } = part
  return {
    id: `msg_${seq}`,
    conversationId: 'conv_1',
    senderId: 'ben',
    clientMessageId: `client ${seq}`,
    text: `text ${seq}`,
    sentAt: new Date(Date.UTC(2026, 2, 9, 8, seq)).toISOString(),
    ...part,
  }
}

export const by = (senderId: string, seq: number): Message => messageOf({ senderId, seq })
