import type { KoineApi } from '@koine/sdk'
import type { Output } from './output.ts'

/** What every command that talks to a server gets: the API as the operator or as a tenant, and where to print. */
export interface Session {
  readonly api: KoineApi
  readonly output: Output
}
