import type { Check } from './check.ts'

/** Nothing of one tenant is to be seen in the other: no text, no user, no conversation, no event. */
export const tenantsAreApart: Check = function* ({ tenants, ledger }) {
  for (const { tenant, readers, events } of tenants) {
    for (const { user, histories, inbox } of readers) {
      for (const { text } of [...histories.values()].flat()) {
        if (!text.startsWith(tenant.marker)) yield `${user} of ${tenant.marker} reads "${text}"`
      }
      for (const { conversation } of inbox) {
        const stranger = conversation.members.find((member) => !tenant.users.includes(member))
        if (stranger) yield `${stranger} is in ${conversation.id} of ${tenant.marker}`
        const known = ledger.conversations.get(conversation.id)
        if (known && known.tenantId !== tenant.id) yield `${tenant.marker} holds ${conversation.id} of the other tenant`
      }
    }
    for (const { id, source, message } of [...events.values()].flat()) {
      const foreign = message && !message.text.startsWith(tenant.marker)
      if (foreign || source !== `/tenants/${tenant.id}/messaging`) yield `${id} is on the log of ${tenant.marker}`
    }
  }
}
