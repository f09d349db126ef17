import type { Partition, TenantScope } from '@koine/stores-ports'
import type { ActiveProducer } from '../records/active-producer.ts'
import type { FetchedPartition, FetchRequest } from '../records/fetch.ts'

/** What cleaning asks of the records that clients read and write. */
export interface CleanedRecords {
  fetch(scope: TenantScope, request: FetchRequest): Promise<readonly FetchedPartition[]>
  /**
   * To be called before records go. @returns the offset before which they may: no transaction is open there, and what is
   * known by them is kept; undefined when there is no such partition
   */
  checkpoint(scope: TenantScope, at: Partition): Promise<number | undefined>
  producers(scope: TenantScope, at: Partition): Promise<readonly ActiveProducer[] | undefined>
}
