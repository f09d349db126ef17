import type { Message } from '@koine/services-messaging'
import type { Check } from './check.ts'

/** Every reader sees 1, 2, 3 … and the same message at each number. */
export const sequencesAgree: Check = function* ({ tenants }) {
  for (const { readers } of tenants) {
    const first = new Map<string, readonly Message[]>()
    for (const { user, histories } of readers) {
      for (const [id, messages] of histories) {
        const gap = messages.findIndex(({ seq }, index) => seq !== index + 1)
        if (gap >= 0) yield `${user} sees #${messages[gap]!.seq} as message ${gap + 1} of ${id}`
        const other = first.get(id) ?? messages
        first.set(id, other)
        if (JSON.stringify(other) !== JSON.stringify(messages)) yield `${user} sees ${id} unlike another member`
      }
    }
  }
}
