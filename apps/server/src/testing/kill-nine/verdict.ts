import type { Chatter } from './chatter.ts'
import type { SeenEvent } from './events.ts'

export interface StoredMessage {
  readonly id: string
  readonly seq: number
  readonly clientMessageId: string
  readonly text: string
}

/** What is wrong with a conversation's history, in words; nothing when every acknowledged message is in it once. */
export function historyProblems(chatter: Chatter, history: readonly StoredMessage[]): string[] {
  const problems: string[] = []
  for (const [index, { seq }] of history.entries()) {
    if (seq !== index + 1) {
      problems.push(`position ${index + 1} has sequence ${seq}`)
      break
    }
  }
  const byClientId = Map.groupBy(history, ({ clientMessageId }) => clientMessageId)
  for (const [clientMessageId, { id, seq }] of chatter.acknowledged) {
    const stored = byClientId.get(clientMessageId) ?? []
    if (stored.length !== 1) problems.push(`${clientMessageId} was acknowledged and is there ${stored.length} times`)
    else if (stored[0]!.id !== id || stored[0]!.seq !== seq)
      problems.push(`${clientMessageId} is not what was acknowledged`)
  }
  for (const { clientMessageId, text } of history) {
    if (text !== `${chatter.conversationId} says ${clientMessageId}`)
      problems.push(`${clientMessageId} has another text`)
  }
  return problems
}

/** What a reader that drops repeated event ids would find wrong with the events of one conversation. */
export function eventProblems(history: readonly StoredMessage[], events: readonly SeenEvent[]): string[] {
  const seenIds = new Set<string>()
  const first = events.filter(({ id }) => !seenIds.has(id) && seenIds.add(id))
  const told = first.map(({ messageId }) => messageId).join()
  const committed = history.map(({ id }) => id).join()
  return told === committed
    ? []
    : [`${first.length} distinct events do not tell the ${history.length} messages in order`]
}
