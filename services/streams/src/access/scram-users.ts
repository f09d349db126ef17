import type { ScramCredential, ScramMechanism } from '@koine/services-tenancy'
import type { Attributes, RecordKey, TableRecord, TenantScope } from '@koine/stores-ports'

/** A user of the virtual cluster, who signs in with a password of the tenant's choice. */
export interface ScramUser {
  readonly name: string
  readonly credentials: { readonly [mechanism in ScramMechanism]?: ScramCredential }
}

/** What is to become of one user's credentials: all of it or nothing. Undefined takes the credential away. */
export interface ScramUserChange {
  readonly name: string
  readonly credentials: ReadonlyMap<ScramMechanism, ScramCredential | undefined>
}

export type ScramUserFailure = 'no-such-credential' | 'invalid-user-name' | 'too-many-users'

const table = 'streams.scram-users'
const pk = 'all'
const format = 1
const nameBytesMax = 1_000
// Control characters, halves of surrogate pairs, and `*`, which as a principal is everybody.
const badName = /[\p{Cc}\p{Cs}]|^\*?$/u

const recordOf = (name: string): RecordKey => ({ table, pk, sk: name })

const userOf = ({ key, attributes }: TableRecord): ScramUser => ({
  name: key.sk,
  credentials: attributes.credentials as unknown as ScramUser['credentials'],
})

const canBeName = (name: string): boolean => !badName.test(name) && Buffer.byteLength(name) <= nameBytesMax

/** The users that each tenant has made in its virtual cluster, in its own tables. */
export class ScramUsers {
  readonly #limits: { readonly scramUsers: number }

  constructor(limits: { readonly scramUsers: number }) {
    this.#limits = limits
  }

  async find({ tables }: TenantScope, name: string): Promise<ScramUser | undefined> {
    if (!canBeName(name)) return undefined
    const record = await tables.get(recordOf(name))
    return record && userOf(record)
  }

  /** By name. */
  async all({ tables }: TenantScope): Promise<ScramUser[]> {
    const users: ScramUser[] = []
    let cursor: string | undefined
    do {
      const page = await tables.query({ table, pk, limit: 1000, ...(cursor !== undefined && { cursor }) })
      users.push(...page.records.map(userOf))
      cursor = page.cursor
    } while (cursor !== undefined)
    return users
  }

  /** Durable when it resolves. @returns why it was refused; undefined when it is done */
  async change(scope: TenantScope, change: ScramUserChange): Promise<ScramUserFailure | undefined> {
    const { name, credentials } = change
    if (!canBeName(name)) return 'invalid-user-name'
    for (;;) {
      const record = await scope.tables.get(recordOf(name))
      const held = new Map(Object.entries(record ? userOf(record).credentials : {}))
      for (const [mechanism, credential] of credentials) {
        if (credential) held.set(mechanism, credential)
        else if (!held.delete(mechanism)) return 'no-such-credential'
      }
      if (!record && (await this.all(scope)).length >= this.#limits.scramUsers) return 'too-many-users'
      const condition = record ? { version: record.version } : 'absent'
      const attributes: Attributes = { v: format, credentials: Object.fromEntries(held) }
      const written = await scope.tables.write({
        operations: [
          held.size === 0
            ? { delete: recordOf(name), if: condition }
            : { put: recordOf(name), attributes, if: condition },
        ],
      })
      // Somebody else has changed the user meanwhile: once more, from what there is now.
      if (written.ok) return undefined
    }
  }
}
