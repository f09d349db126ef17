import { charactersOf, type LinearPattern, linearPattern, patternStepsMax } from '../linear-pattern.ts'
import { neverStarted, type Transaction, type TransactionState, transactionStates } from './transaction.ts'

/** Which transactions to list; an empty list lets all through. */
export interface TransactionFilter {
  readonly states: readonly string[]
  readonly producerIds: readonly number[]
  /** Only those that began longer ago than this; negative for all. */
  readonly durationMs: number
  /** A regular expression in RE2's syntax that the whole id matches; null or empty for all. */
  readonly idPattern: string | null
}

export interface TransactionListing {
  readonly ok: true
  readonly transactions: readonly Transaction[]
  /** Names in the filter that no state has. */
  readonly unknownStates: readonly string[]
}

export interface ListingProblem {
  readonly ok: false
  readonly reason: 'invalid-pattern'
}

export function listed(
  all: readonly Transaction[],
  { states, producerIds, durationMs, idPattern }: TransactionFilter,
  nowMs: number,
): TransactionListing | ListingProblem {
  const pattern = compiled(idPattern)
  if (pattern === 'invalid' || (pattern && isTooCostly(pattern, all))) return { ok: false, reason: 'invalid-pattern' }
  const wantedStates = new Set(states)
  const wantedProducers = new Set(producerIds)
  const isWanted = (transaction: Transaction): boolean =>
    (wantedStates.size === 0 || wantedStates.has(transaction.state)) &&
    (wantedProducers.size === 0 || wantedProducers.has(transaction.producerId)) &&
    (durationMs < 0 || hasRun(transaction, durationMs, nowMs)) &&
    (!pattern || pattern.matches(transaction.transactionalId))
  const unknownStates = states.filter((state) => !transactionStates.includes(state as TransactionState))
  return { ok: true, transactions: all.filter(isWanted), unknownStates }
}

const hasRun = ({ startedAtMs }: Transaction, durationMs: number, nowMs: number): boolean =>
  startedAtMs !== neverStarted && nowMs - startedAtMs > durationMs

const isTooCostly = (pattern: LinearPattern, all: readonly Transaction[]): boolean =>
  pattern.stepsFor(charactersOf(all.map(({ transactionalId }) => transactionalId))) > patternStepsMax

function compiled(source: string | null): LinearPattern | undefined | 'invalid' {
  if (source === null || source === '') return undefined
  const pattern = linearPattern(source)
  // Whatever is wrong with the expression, the client gets one error code.
  return typeof pattern === 'string' ? 'invalid' : pattern
}
