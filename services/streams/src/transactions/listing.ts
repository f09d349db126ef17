import { RE2JS } from 're2js'
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

const patternCharactersMax = 1_000

export function listed(
  all: readonly Transaction[],
  { states, producerIds, durationMs, idPattern }: TransactionFilter,
  nowMs: number,
): TransactionListing | ListingProblem {
  const pattern = compiled(idPattern)
  if (pattern === 'invalid') return { ok: false, reason: 'invalid-pattern' }
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

/** RE2 takes time in proportion to the text, whatever the expression. */
function compiled(pattern: string | null): RE2JS | undefined | 'invalid' {
  if (pattern === null || pattern === '') return undefined
  if (pattern.length > patternCharactersMax) return 'invalid'
  try {
    return RE2JS.compile(pattern)
  } catch {
    return 'invalid' // Whatever it says of the expression, the client gets one error code.
  }
}
