import type { Check } from './check.ts'

/** What is unread follows from the read position, and the position from what was asked and answered. */
export const unreadFollowsPositions: Check = function* ({ tenants, ledger }) {
  for (const { readers } of tenants) {
    for (const { user, inbox, histories } of readers) {
      for (const { conversation, lastMessage, readSeq, unread } of inbox) {
        const { id, lastSeq } = conversation
        const messages = histories.get(id)!
        const own = messages.findLast(({ senderId }) => senderId === user)?.seq ?? 0
        const { asked, answered } = ledger.read(user, id)
        const least = Math.max(own, answered)
        const most = Math.max(own, Math.min(asked, lastSeq))
        if (readSeq < least || readSeq > most) yield `${user} has read ${readSeq} of ${id}, not ${least} to ${most}`
        if (unread !== lastSeq - readSeq) yield `${user} has ${unread} unread in ${id}, read ${readSeq} of ${lastSeq}`
        if (lastSeq !== messages.length) yield `${user} is told of ${lastSeq} messages in ${id} of ${messages.length}`
        if ((lastMessage?.seq ?? 0) !== lastSeq) yield `${user} is shown an old last message of ${id}`
      }
    }
  }
}
