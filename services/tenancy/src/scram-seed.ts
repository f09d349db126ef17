import { invariant, type Randomness } from '@koine/base'
import type { TenantTables } from '@koine/stores-ports'
import { scramSeedRecord } from './control-records.ts'

/** The seed of this installation, made when it is first asked for. */
export async function scramSeed(control: TenantTables, randomness: Randomness): Promise<Uint8Array> {
  const seed = randomness.fill(new Uint8Array(32))
  const made = await control.write({ operations: [{ put: scramSeedRecord, attributes: { seed }, if: 'absent' }] })
  if (made.ok) return seed
  const held = await control.get(scramSeedRecord)
  invariant(held !== undefined, 'A seed is never removed.')
  return held.attributes.seed as Uint8Array
}
