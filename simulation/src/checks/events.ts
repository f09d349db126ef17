import { conversationCreatedType, messageSentType } from '@koine/services-messaging'
import type { Check } from './check.ts'

/** The log tells of each message at least once; without repeats, in the order of the sequence; and of nothing else. */
export const eventsTellTheHistory: Check = function* ({ tenants }) {
  for (const { events, readers } of tenants) {
    const histories = new Map(readers.flatMap((reader) => [...reader.histories]))
    for (const [id, messages] of histories) {
      const logged = events.get(id) ?? []
      const once = logged.filter((event, index) => logged.findIndex(({ id }) => id === event.id) === index)
      const created = once.filter(({ type }) => type === conversationCreatedType)
      if (created.length !== 1 || once[0] !== created[0]) yield `${id} has ${created.length} events of its making`
      const told = once.filter(({ type }) => type === messageSentType).map(({ message }) => message)
      if (JSON.stringify(told) === JSON.stringify(messages)) continue
      const numbers = told.map((message) => message?.seq).join()
      yield `the events of ${id} tell of ${numbers}, and it holds ${messages.length} messages`
    }
    for (const key of events.keys()) if (!histories.has(key as never)) yield `events tell of ${key}, which nobody is in`
  }
}
