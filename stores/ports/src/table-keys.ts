import type { Operation, RecordKey } from './tables.ts'

/** The record that an operation is about. */
export function keyOf(operation: Operation): RecordKey {
  if ('put' in operation) return operation.put
  if ('update' in operation) return operation.update
  if ('delete' in operation) return operation.delete
  return operation.check
}

/** The key's parts joined by U+0000, which none of them holds. Its UTF-8 bytes sort as records do. */
export const keyText = (key: RecordKey): string => `${key.table}\0${key.pk}\0${key.sk}`
