import type { Check } from './check.ts'

/** A conversation that was acknowledged is there for each of its members, and one pair has one direct conversation. */
export const conversationsAreKept: Check = function* ({ tenants, ledger }) {
  const readers = tenants.flatMap((tenant) => tenant.readers)
  for (const [id, { members }] of ledger.conversations) {
    for (const member of members) {
      const reader = readers.find(({ user }) => user === member)
      if (!reader?.histories.has(id)) yield `${member} does not find ${id}, which was made with them`
    }
  }
  for (const { user, inbox } of readers) {
    const direct = inbox.filter(({ conversation }) => conversation.kind === 'direct')
    const partners = new Set(direct.map(({ conversation }) => conversation.members.find((member) => member !== user)))
    if (partners.size !== direct.length) yield `${user} has two direct conversations with one partner`
  }
}
