import { describe, sendName } from '../ledger.ts'
import type { Check } from './check.ts'

/** What was acknowledged is in the history exactly once, as it was told; and nobody finds what nobody sent. */
export const acknowledgedIsPresentOnce: Check = function* ({ tenants, ledger }) {
  const found = new Set<string>()
  for (const { readers } of tenants) {
    const histories = new Map(readers.flatMap((reader) => [...reader.histories]))
    for (const message of [...histories.values()].flat()) {
      const name = sendName(message)
      const known = ledger.sends.get(name)
      if (found.has(name)) yield `${describe(message)} is in the history a second time`
      if (!known?.texts.has(message.text)) yield `nobody sent ${describe(message)}`
      if (known?.answer && JSON.stringify(known.answer) !== JSON.stringify(message)) {
        yield `${describe(known.answer)} was acknowledged, and ${describe(message)} is in the history`
      }
      found.add(name)
    }
  }
  for (const [name, { answer }] of ledger.sends) {
    if (answer && !found.has(name)) yield `${describe(answer)} was acknowledged and is not in the history`
  }
}
