import type { Broker } from '../handler.ts'

/** What is wrong with where a client puts a partition, when there is one broker; undefined when nothing is. */
export function assignmentProblem(brokerIds: readonly number[], { nodeId }: Broker): string | undefined {
  if (brokerIds.length === 0) return 'The manual partition assignment includes an empty replica list.'
  const elsewhere = brokerIds.find((id) => id !== nodeId)
  if (elsewhere !== undefined) {
    return `The manual partition assignment includes broker ${elsewhere}, but no such broker is registered.`
  }
  if (brokerIds.length === 1) return undefined
  return `The manual partition assignment includes the broker ${nodeId} more than once.`
}
