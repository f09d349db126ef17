/** Whether a reader sees the records of transactions that are still open. */
export type Isolation = 'read-uncommitted' | 'read-committed'
