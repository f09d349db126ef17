import { KoineError } from '@koine/base'
import type { Attributes, AttributeValue, Condition, Operation, RecordKey } from './tables.ts'
import { checkRecordBytes } from './table-validation.ts'

type UpdateOperation = Extract<Operation, { readonly update: RecordKey }>

/** A record apart from its key. */
export interface RecordState {
  readonly attributes: Attributes
  readonly version: number
  readonly expiresAtMs?: number
}

/** The state, or undefined when its time is over. */
export const unexpired = <S extends { readonly expiresAtMs?: number }>(
  state: S | undefined,
  nowMs: number,
): S | undefined =>
  state !== undefined && state.expiresAtMs !== undefined && state.expiresAtMs <= nowMs ? undefined : state

export function conditionHolds(condition: Condition | undefined, state: RecordState | undefined): boolean {
  if (condition === undefined) return true
  if (condition === 'absent') return state === undefined
  if (state === undefined) return false
  if (condition === 'present') return true
  if ('version' in condition) return state.version === condition.version
  for (const name in condition.equals) {
    if (!Object.hasOwn(state.attributes, name) || state.attributes[name] !== condition.equals[name]) return false
  }
  return true
}

/**
 * What the operation makes of a record: the state after it, or undefined when there is none. A check leaves it as it is.
 * @param copy applied to each value that comes from the operation
 * @throws KoineError `too_large`; `invalid_request` when it counts on what is not a number
 */
export function applyOperation(
  operation: Operation,
  state: RecordState | undefined,
  copy: (value: AttributeValue) => AttributeValue = (value) => value,
): RecordState | undefined {
  if ('check' in operation) return state
  if ('delete' in operation) return undefined
  const version = (state?.version ?? 0) + 1
  if ('put' in operation) {
    const attributes: Record<string, AttributeValue> = {}
    for (const name in operation.attributes) attributes[name] = copy(operation.attributes[name]!)
    return expiring({ attributes, version }, operation.expiresAtMs)
  }
  const attributes = updated(operation, state?.attributes ?? {}, copy)
  checkRecordBytes(operation.update, attributes)
  const { expiresAtMs } = operation
  return expiring({ attributes, version }, expiresAtMs === undefined ? state?.expiresAtMs : (expiresAtMs ?? undefined))
}

function updated(
  { set, add, remove = [] }: UpdateOperation,
  current: Attributes,
  copy: (value: AttributeValue) => AttributeValue,
): Attributes {
  const attributes: Record<string, AttributeValue> = { ...current }
  for (const name in set) attributes[name] = copy(set[name]!)
  for (const name in add) {
    attributes[name] = sum(name, Object.hasOwn(attributes, name) ? attributes[name] : undefined, add[name]!)
  }
  for (const name of remove) delete attributes[name]
  return attributes
}

function sum(name: string, current: AttributeValue | undefined, by: number): number {
  if (current !== undefined && typeof current !== 'number') {
    throw new KoineError('invalid_request', `An update adds to ${name}, which is not a number.`)
  }
  const total = (current ?? 0) + by
  if (!Number.isFinite(total))
    throw new KoineError('invalid_request', `An update counts ${name} over what a double holds.`)
  return total
}

const expiring = (state: RecordState, expiresAtMs: number | undefined): RecordState =>
  expiresAtMs === undefined ? state : { ...state, expiresAtMs }
