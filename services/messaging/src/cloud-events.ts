import type { ConversationId, EventId, MessageId, TenantId } from '@koine/base'
import type { OutboxEvent } from '@koine/stores-ports'

/** The topic of all that messaging tells, keyed by conversation. */
export const messagesTopic = 'koine.messages'

export const messageSentType = 'koine.message.sent'
export const conversationCreatedType = 'koine.conversation.created'

interface Told {
  readonly tenantId: TenantId
  readonly conversationId: ConversationId
  /** ISO 8601. */
  readonly time: string
}

/**
 * The event of one message. A message has exactly one, so the event's id is the message's with another prefix.
 * @param messageJson the message as JSON: encoded once for the event and for live delivery
 */
export function messageSent(told: Told, messageId: MessageId, messageJson: string): OutboxEvent {
  const id = `evt_${messageId.slice(messageId.indexOf('_') + 1)}` as EventId
  return cloudEvent(told, { id, type: messageSentType, dataJson: `{"message":${messageJson}}` })
}

export function conversationCreated(told: Told, id: EventId, conversationJson: string): OutboxEvent {
  return cloudEvent(told, { id, type: conversationCreatedType, dataJson: `{"conversation":${conversationJson}}` })
}

/** CloudEvents 1.0 in JSON. Put together by hand: ids, types and times hold nothing that JSON would escape. */
function cloudEvent(told: Told, event: { id: EventId; type: string; dataJson: string }): OutboxEvent {
  return {
    id: event.id,
    topic: messagesTopic,
    key: told.conversationId,
    body:
      `{"specversion":"1.0","id":"${event.id}","source":"/tenants/${told.tenantId}/messaging",` +
      `"type":"${event.type}","subject":"${told.conversationId}","time":"${told.time}",` +
      `"datacontenttype":"application/json","data":${event.dataJson}}`,
  }
}
