import type { Faults } from '../faults.ts'

/** Runs an operation of a memory adapter with the faults before and after it. The effect itself is one step. */
export async function around<T>(faults: Faults, operation: string, effect: () => T): Promise<Awaited<T>> {
  const before = faults.before(operation)
  if (before) await before
  const result = await effect()
  const after = faults.after(operation)
  if (after) await after
  return result
}
