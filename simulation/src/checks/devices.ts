import type { Check } from './check.ts'

/** A device that has caught up shows exactly the history, and knows every conversation of its user. */
export const devicesShowTheHistory: Check = function* ({ tenants, people }) {
  const readers = tenants.flatMap((tenant) => tenant.readers)
  for (const { user, devices } of people) {
    const { histories } = readers.find((reader) => reader.user === user)!
    for (const { name, shown } of devices) {
      for (const [id, messages] of histories) {
        const told = messages.map((message) => message.id).join()
        const seen = shown
          .get(id)
          ?.map((message) => message.id)
          .join()
        if (seen === undefined) yield `${name} does not know ${id}`
        else if (seen !== told) yield `${name} shows ${shown.get(id)!.length} of ${messages.length} messages of ${id}`
      }
      for (const id of shown.keys()) if (!histories.has(id)) yield `${name} shows ${id}, which its user is not in`
    }
  }
}
