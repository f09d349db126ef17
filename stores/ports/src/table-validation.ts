import { KoineError } from '@koine/base'
import { keyOf, keyText } from './table-keys.ts'
import { atMost, batchBytes, eventBytes, isList, operationBytes, recordBytes } from './table-sizes.ts'
import {
  type Attributes,
  type AttributeValue,
  type Condition,
  type Operation,
  type OutboxEvent,
  type Query,
  type RecordKey,
  tableLimits,
  type WriteBatch,
} from './tables.ts'

type UpdateOperation = Extract<Operation, { readonly update: RecordKey }>

const topicBytesMax = 249
const eventKeyBytesMax = 1024
const eventIdBytesMax = 128

/*
 * What a batch, a key and a query must be, checked once for every engine before it is asked. Breaches throw a KoineError:
 * `too_large` for the bytes of a record, an event or a batch, `invalid_request` for everything else.
 */

const refuse = (message: string): never => {
  throw new KoineError('invalid_request', message)
}

export interface CheckedBatch {
  /** The `keyText` of each operation's record, in their order. */
  readonly keyTexts: readonly string[]
  /** An upper bound of what the batch counts for. */
  readonly bytesAtMost: number
}

/**
 * Everything that can be known of a batch without the records it is about.
 * @throws KoineError `invalid_request`, `too_large`
 */
export function checkBatch(batch: WriteBatch): CheckedBatch {
  const { operations, events = [] } = batch
  const count = operations.length + 2 * events.length
  if (count > tableLimits.batchOperations) {
    refuse(
      `A batch holds at most ${tableLimits.batchOperations} operations, each event counted as two; this one ${count}.`,
    )
  }
  const keyTexts: string[] = []
  let bytes = 0
  for (const operation of operations) {
    const key = keyOf(operation)
    checkKey(key)
    keyTexts.push(keyText(key))
    bytes += checkOperation(operation)
  }
  if (keyTexts.length > 1 && new Set(keyTexts).size < keyTexts.length) refuse('A batch touches a record at most once.')
  for (const event of events) bytes += checkEvent(event)
  if (bytes > tableLimits.batchBytes && batchBytes(batch) > tableLimits.batchBytes) {
    throw new KoineError('too_large', `A batch holds at most ${tableLimits.batchBytes} bytes.`)
  }
  return { keyTexts, bytesAtMost: bytes }
}

/** @throws KoineError `invalid_request` */
export function checkKey(key: RecordKey): void {
  checkKeyPart('table', key.table, tableLimits.tableNameBytes, 1)
  checkKeyPart('pk', key.pk, tableLimits.partitionKeyBytes, 1)
  checkKeyPart('sk', key.sk, tableLimits.sortKeyBytes, 0)
}

/** @throws KoineError `invalid_request` */
export function checkKeys(keys: readonly RecordKey[]): void {
  if (keys.length > tableLimits.getManyKeys) {
    refuse(`At most ${tableLimits.getManyKeys} keys are read at once; these are ${keys.length}.`)
  }
  for (const key of keys) checkKey(key)
}

/** @throws KoineError `invalid_request` (the cursor is checked where it is decoded) */
export function checkQuery(query: Query): void {
  checkKeyPart('table', query.table, tableLimits.tableNameBytes, 1)
  checkKeyPart('pk', query.pk, tableLimits.partitionKeyBytes, 1)
  if (query.from !== undefined) checkKeyPart('from', query.from, tableLimits.sortKeyBytes, 0)
  if (query.before !== undefined) checkKeyPart('before', query.before, tableLimits.sortKeyBytes, 0)
  const { direction = 'ascending', limit } = query
  if (direction !== 'ascending' && direction !== 'descending') refuse('The direction is ascending or descending.')
  if (!Number.isInteger(limit) || limit < 1 || limit > tableLimits.queryRecords) {
    refuse(`A query's limit is a whole number from 1 to ${tableLimits.queryRecords}.`)
  }
}

/**
 * Refuses what an update would make of a record when that is over the bounds.
 * @throws KoineError `too_large`, `invalid_request`
 */
export function checkRecordBytes(key: RecordKey, attributes: Attributes): void {
  const within = recordBytes(key, attributes, atMost) <= tableLimits.recordBytes
  if (!within && recordBytes(key, attributes) > tableLimits.recordBytes) {
    throw new KoineError('too_large', `A record of table ${key.table} is over ${tableLimits.recordBytes} bytes.`)
  }
}

/** @throws KoineError `invalid_request` */
export function checkPendingLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1) refuse('The number of pending events asked for is a whole number from 1.')
}

function checkKeyPart(part: string, text: string, bytesMax: number, charactersMin: number): void {
  if (typeof text !== 'string') refuse(`The key's ${part} is not text.`)
  if (text.length < charactersMin) refuse(`The key's ${part} is empty.`)
  if (text.length * 3 > bytesMax && Buffer.byteLength(text) > bytesMax) {
    refuse(`The key's ${part} is over ${bytesMax} bytes.`)
  }
  if (text.includes('\0') || !text.isWellFormed()) refuse(`The key's ${part} holds U+0000 or a lone surrogate.`)
}

/** The most bytes that the operation can count for, having checked all of it but its key. */
function checkOperation(operation: Operation): number {
  if (operation.if !== undefined) checkCondition(operation.if)
  if ('put' in operation) {
    checkExpiry(operation.expiresAtMs)
    checkAttributes(operation.attributes)
    checkRecordBytes(operation.put, operation.attributes)
  } else if ('update' in operation) {
    checkExpiry(operation.expiresAtMs ?? undefined)
    checkChanges(operation)
  } else if ('check' in operation && operation.if === undefined) {
    refuse('A check needs a condition.')
  }
  return operationBytes(operation, atMost)
}

function checkChanges(operation: UpdateOperation): void {
  const { set, add, remove = [] } = operation
  const named = [...(set ? Object.keys(set) : []), ...(add ? Object.keys(add) : []), ...remove]
  if (new Set(named).size < named.length) refuse('An update names an attribute more than once.')
  if (set) {
    checkAttributes(set)
    checkRecordBytes(operation.update, set)
  }
  for (const name in add) {
    checkName(name)
    if (!Number.isFinite(add[name])) refuse(`An update adds what is not a finite number to ${name}.`)
  }
  for (const name of remove) checkName(name)
}

function checkCondition(condition: Condition): void {
  if (condition === 'absent' || condition === 'present') return
  if ('version' in condition) {
    if (!Number.isSafeInteger(condition.version) || condition.version < 1) refuse('A version is a whole number from 1.')
    return
  }
  for (const [name, value] of Object.entries(condition.equals)) {
    checkName(name)
    if (value !== null && typeof value === 'object')
      refuse(`A condition on ${name} compares with something not scalar.`)
    checkValue(value, 0)
  }
}

function checkExpiry(expiresAtMs: number | undefined): void {
  if (expiresAtMs === undefined) return
  if (!Number.isSafeInteger(expiresAtMs) || expiresAtMs < 0)
    refuse('An expiry is in whole milliseconds since the epoch.')
}

function checkAttributes(attributes: Attributes): void {
  if (!isMap(attributes)) refuse('Attributes are a plain object.')
  for (const name of Object.keys(attributes)) {
    checkName(name)
    checkValue(attributes[name], 1)
  }
}

function checkName(name: string): void {
  if (name === '' || name === '__proto__' || !name.isWellFormed()) {
    refuse('An attribute name is empty, "__proto__", or holds a lone surrogate.')
  }
}

function checkValue(value: AttributeValue | undefined, depth: number): void {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) refuse('An attribute holds a lone surrogate.')
      return
    case 'number':
      if (!Number.isFinite(value)) refuse('An attribute is not a finite number.')
      return
    case 'boolean':
      return
    case 'object':
      if (value === null || value instanceof Uint8Array) return
      return checkContainer(value, depth)
    default:
      refuse(`An attribute can't be of type ${typeof value}.`)
  }
}

function checkContainer(
  value: Exclude<AttributeValue, string | number | boolean | null | Uint8Array>,
  depth: number,
): void {
  if (depth >= tableLimits.attributeDepth) refuse(`Attributes nest to ${tableLimits.attributeDepth} levels.`)
  if (isList(value)) {
    for (let i = 0; i < value.length; i++) checkValue(value[i], depth + 1)
    return
  }
  if (!isMap(value)) refuse('An attribute is an object of a class; attributes are plain values.')
  for (const name of Object.keys(value)) {
    checkName(name)
    checkValue(value[name], depth + 1)
  }
}

function isMap(value: unknown): value is Attributes {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function checkEvent(event: OutboxEvent): number {
  checkEventText('id', event.id, eventIdBytesMax, 1)
  checkEventText('topic', event.topic, topicBytesMax, 1)
  checkEventText('key', event.key, eventKeyBytesMax, 0)
  if (typeof event.body !== 'string' || !event.body.isWellFormed()) refuse("An event's body is not well-formed text.")
  const bytes = eventBytes(event, atMost)
  if (bytes > tableLimits.recordBytes && eventBytes(event) > tableLimits.recordBytes) {
    throw new KoineError('too_large', `An event of topic ${event.topic} is over ${tableLimits.recordBytes} bytes.`)
  }
  return bytes
}

function checkEventText(part: string, text: string, bytesMax: number, charactersMin: number): void {
  if (typeof text !== 'string' || text.length < charactersMin) refuse(`An event's ${part} is missing.`)
  if (text.length * 3 > bytesMax && Buffer.byteLength(text) > bytesMax)
    refuse(`An event's ${part} is over ${bytesMax} bytes.`)
  if (text.includes('\0') || !text.isWellFormed()) refuse(`An event's ${part} holds U+0000 or a lone surrogate.`)
}
