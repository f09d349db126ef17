import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { type Clock, KoineError, type Randomness, systemClock, type TenantId } from '@koine/base'
import type { Tables } from '@koine/stores-ports'
import { DynamoTenantTables } from './dynamo-tenant-tables.ts'
import { PhysicalTable } from './physical-table.ts'

export interface DynamoConnection {
  readonly region: string
  /** For engines other than AWS's, such as `http://127.0.0.1:8000`. */
  readonly endpoint?: string
  /** Without them the usual places are searched: environment, profile, role. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

export interface DynamoTablesOptions {
  readonly connection: DynamoConnection
  /** What names of physical tables start with, so that several cells can share an account: letters, digits, `.`, `_`, `-`. */
  readonly tablePrefix: string
  /** The time by which records expire. */
  readonly clock: Pick<Clock, 'now'>
  readonly randomness: Randomness
  /** What pauses between tries are waited on; the system's clock unless said otherwise. */
  readonly waits?: Clock
}

const connectMs = 3000
const answerMs = 5000
const socketsMax = 128

/**
 * The tables port on the DynamoDB API (AWS, ScyllaDB Alternator, DynamoDB Local): a physical table for each tenant,
 * billed by request, made at the first write, so that no key space is shared and dropping a tenant is dropping a table.
 */
export class DynamoTables implements Tables {
  readonly control: DynamoTenantTables
  readonly #options: DynamoTablesOptions
  readonly #client: DynamoDBClient
  readonly #tenants = new Map<TenantId, DynamoTenantTables>()

  constructor(options: DynamoTablesOptions) {
    if (!/^[a-zA-Z0-9_.-]{1,64}$/.test(options.tablePrefix)) {
      throw new KoineError('invalid_request', 'A table prefix is 1 to 64 letters, digits, ".", "_" or "-".')
    }
    this.#options = options
    this.#client = new DynamoDBClient({
      ...options.connection,
      maxAttempts: 2,
      requestHandler: {
        connectionTimeout: connectMs,
        requestTimeout: answerMs,
        throwOnRequestTimeout: true,
        httpsAgent: { maxSockets: socketsMax },
        httpAgent: { maxSockets: socketsMax },
      },
    })
    this.control = this.#tablesIn(this.#physical('control'))
  }

  forTenant(tenant: TenantId): DynamoTenantTables {
    let tables = this.#tenants.get(tenant)
    if (!tables) {
      tables = this.#tablesIn(this.#physical(tenant))
      this.#tenants.set(tenant, tables)
    }
    return tables
  }

  dropTenant(tenant: TenantId): Promise<void> {
    return this.#physical(tenant).drop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy()
  }

  #physical(owner: string): PhysicalTable {
    const { tablePrefix, waits = systemClock } = this.#options
    return new PhysicalTable({ name: `${tablePrefix}${owner}`, client: this.#client, waits })
  }

  #tablesIn(table: PhysicalTable): DynamoTenantTables {
    const { clock, randomness, waits = systemClock } = this.#options
    return new DynamoTenantTables({ client: this.#client, table, clock, waits, randomness })
  }
}
