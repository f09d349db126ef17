import { type Logger, seededRandomness, silentLogger } from '@koine/base'
import { ManualClock } from '@koine/base/testing'
import type { Faults } from '@koine/stores-ports'
import { memoryStores } from '@koine/stores-ports/memory'
import { Tenancy } from '../index.ts'

export const adminToken = 'the-admin-token-of-the-tests'

/** A tenancy over memory stores with a clock that stands still. `restart` is a new process over the same stores. */
export function tenancyFixture({ faults, logger = silentLogger }: { faults?: Faults; logger?: Logger } = {}) {
  const clock = new ManualClock()
  const randomness = seededRandomness(7)
  const stores = memoryStores({ clock, randomness, ...(faults && { faults }) })
  const restart = (): Tenancy => new Tenancy({ stores, clock, randomness, logger, adminToken })
  return { clock, randomness, stores, restart, tenancy: restart() }
}

export const withCode = (code: string) => (error: unknown) => (error as { code?: string }).code === code
