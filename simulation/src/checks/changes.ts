import type { Check } from './check.ts'

/** A user's change log leads to each of their conversations and messages, once and in order, and to nothing else. */
export const changesTellTheHistory: Check = function* ({ tenants }) {
  for (const { user, histories, told } of tenants.flatMap((tenant) => tenant.readers)) {
    const met = told.conversations.toSorted()
    if (met.join() !== [...histories.keys()].toSorted().join()) {
      yield `the log of ${user} tells ${met.length} conversations of ${histories.size}`
    }
    const byConversation = Map.groupBy(told.messages, ({ conversationId }) => conversationId)
    for (const [id, messages] of histories) {
      const seen = (byConversation.get(id) ?? []).map((message) => message.id)
      if (seen.join() !== messages.map((message) => message.id).join()) {
        yield `the log of ${user} tells ${seen.length} messages of ${messages.length} in ${id}`
      }
    }
    for (const id of byConversation.keys()) if (!histories.has(id)) yield `the log of ${user} tells of ${id}`
  }
}
