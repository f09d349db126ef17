import { apis } from '../apis.ts'
import type { Api, Field } from '../schema/index.ts'
import type { Message } from '../schema/index.ts'

export interface VersionedMessage {
  /** Such as `Fetch response 12`. */
  readonly name: string
  readonly api: Api
  readonly kind: 'request' | 'response'
  readonly message: Message<readonly Field[]>
  readonly version: number
}

/** Every message in every version that has a table. */
export function everyMessage(): VersionedMessage[] {
  const found: VersionedMessage[] = []
  for (const api of apis.values()) {
    for (let version = api.versions.min; version <= api.versions.max; version++) {
      for (const kind of ['request', 'response'] as const) {
        found.push({ name: `${api.name} ${kind} ${version}`, api, kind, message: api[kind], version })
      }
    }
  }
  return found
}
