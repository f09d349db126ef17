import { type ConversationId, conversationIds, KoineError } from '@koine/base'

/** What can't be an id names nothing, like the id of a conversation that doesn't exist or that isn't the caller's. */
export function conversationIdOf(text: string): ConversationId {
  const id = conversationIds.parse(text)
  if (!id) throw new KoineError('not_found', 'There is no such conversation.')
  return id
}
