import { randomUUID } from 'node:crypto'
import {
  type CancellationReason,
  type DynamoDBClient,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { type Clock, KoineError, type Randomness, sleep } from '@koine/base'
import { asKoineError, isMissingTable, isNamed, isThrottled, isUnanswered } from './failures.ts'
import { jitteredMs } from './jitter.ts'
import type { PhysicalTable } from './physical-table.ts'

const sendsMax = 4

export interface TransactionSenderOptions {
  readonly client: DynamoDBClient
  readonly table: PhysicalTable
  readonly waits: Clock
  readonly randomness: Randomness
}

/** Carries out transactions: each once, however often it has to be sent. */
export class TransactionSender {
  readonly #options: TransactionSenderOptions

  constructor(options: TransactionSenderOptions) {
    this.#options = options
  }

  /**
   * `changed`: nothing was written, because an item was not as the conditions say, or another transaction was at work on
   * one. A repeat carries the same token, by which DynamoDB knows that it did it already.
   * @throws KoineError `timeout` when it can't be told whether it was carried out
   */
  async send(items: TransactWriteItem[]): Promise<'committed' | 'changed'> {
    const { client, table, waits, randomness } = this.#options
    const command = { TransactItems: items, ClientRequestToken: randomUUID() }
    let isUncertain = false
    for (let sends = 1; ; sends++) {
      try {
        await client.send(new TransactWriteItemsCommand(command))
        return 'committed'
      } catch (error) {
        if (isNamed(error, 'TransactionCanceledException')) return this.#whenCanceled(error as Canceled)
        isUncertain ||= isUnanswered(error)
        const mends = isMissingTable(error) || isThrottled(error) || isUnanswered(error) || isInProgress(error)
        if (!mends || sends === sendsMax) throw asKoineError(error, isUncertain ? 'timeout' : 'unavailable')
        if (isMissingTable(error)) await table.make()
        else await sleep(waits, jitteredMs(sends, randomness))
      }
    }
  }

  #whenCanceled(error: Canceled): 'changed' {
    const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code ?? 'None')
    const wrong = codes.find((code) => !passing.has(code))
    if (wrong === undefined) return 'changed'
    throw new KoineError('unavailable', `DynamoDB cancels the transaction: ${wrong}.`, { cause: error })
  }
}

type Canceled = Error & { readonly CancellationReasons?: readonly CancellationReason[] }

/** Reasons that a new look at the items and another try can mend. */
const passing = new Set([
  'None',
  'ConditionalCheckFailed',
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
])

const isInProgress = (error: unknown): boolean => isNamed(error, 'TransactionInProgressException')
