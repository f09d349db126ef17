import type { AttributeValue, Condition, Operation, RecordKey, TableRecord, WriteResult } from '../tables.ts'

type State = Omit<TableRecord, 'key'>

/** The port's semantics as plainly as they can be said, to compare an engine with. Written apart from what adapters share. */
export class TablesModel {
  readonly #nowMs: () => number
  readonly #records = new Map<string, State>()

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  get(key: RecordKey): State | undefined {
    const state = this.#records.get(JSON.stringify([key.table, key.pk, key.sk]))
    return state?.expiresAtMs !== undefined && state.expiresAtMs <= this.#nowMs() ? undefined : state
  }

  write(operations: readonly Operation[]): WriteResult {
    const failed = operations.flatMap((operation, i) => (this.#holds(operation) ? [] : [i]))
    if (failed.length > 0) return { ok: false, failed }
    for (const operation of operations) this.#apply(operation)
    return { ok: true }
  }

  #holds(operation: Operation): boolean {
    const condition: Condition | undefined = operation.if
    if (condition === undefined) return true
    const key =
      'put' in operation
        ? operation.put
        : 'update' in operation
          ? operation.update
          : 'delete' in operation
            ? operation.delete
            : operation.check
    const state = this.get(key)
    if (condition === 'absent') return state === undefined
    if (condition === 'present') return state !== undefined
    if ('version' in condition) return state?.version === condition.version
    return (
      state !== undefined && Object.entries(condition.equals).every(([name, value]) => state.attributes[name] === value)
    )
  }

  #apply(operation: Operation): void {
    if ('check' in operation) return
    if ('delete' in operation) return this.#set(operation.delete, undefined)
    if ('put' in operation) {
      const { attributes, expiresAtMs } = operation
      return this.#set(operation.put, {
        attributes,
        version: this.#nextVersion(operation.put),
        ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
      })
    }
    const before = this.get(operation.update)
    const attributes: Record<string, AttributeValue> = { ...before?.attributes, ...operation.set }
    for (const [name, by] of Object.entries(operation.add ?? {}))
      attributes[name] = ((attributes[name] as number | undefined) ?? 0) + by
    for (const name of operation.remove ?? []) delete attributes[name]
    const expiresAtMs = operation.expiresAtMs === undefined ? before?.expiresAtMs : (operation.expiresAtMs ?? undefined)
    this.#set(operation.update, {
      attributes,
      version: this.#nextVersion(operation.update),
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    })
  }

  #nextVersion(key: RecordKey): number {
    return (this.get(key)?.version ?? 0) + 1
  }

  #set(key: RecordKey, state: State | undefined): void {
    const text = JSON.stringify([key.table, key.pk, key.sk])
    if (state) this.#records.set(text, state)
    else this.#records.delete(text)
  }
}
