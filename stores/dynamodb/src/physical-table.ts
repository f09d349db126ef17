import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import { type Clock, KoineError, sleep } from '@koine/base'
import { asKoineError, isMissingTable, isNamed, isThrottled } from './failures.ts'

const pollMsMin = 20
const pollMsMax = 1000
const patienceMs = 120_000

/** The DynamoDB table of one tenant: made when it is first written to, gone when the tenant is dropped. */
export class PhysicalTable {
  readonly name: string
  readonly #client: DynamoDBClient
  readonly #waits: Clock
  #making: Promise<void> | undefined

  constructor({ name, client, waits }: { name: string; client: DynamoDBClient; waits: Clock }) {
    this.name = name
    this.#client = client
    this.#waits = waits
  }

  /** Makes the table and waits until it can be used; one call at a time does the work for all. */
  make(): Promise<void> {
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined
    })
    return this.#making
  }

  async drop(): Promise<void> {
    await this.#patiently('be deleted', async () => {
      try {
        await this.#client.send(new DeleteTableCommand({ TableName: this.name }))
      } catch (error) {
        if (isMissingTable(error)) return true
        // It is being made or deleted; both end.
        if (!isNamed(error, 'ResourceInUseException')) throw error
      }
      return false
    })
  }

  async #make(): Promise<void> {
    await this.#patiently('become active', async () => (await this.#status()) === 'ACTIVE' || (await this.#create()))
    await this.#expire()
  }

  async #status(): Promise<string | undefined> {
    try {
      return (await this.#client.send(new DescribeTableCommand({ TableName: this.name }))).Table?.TableStatus
    } catch (error) {
      if (isMissingTable(error)) return undefined
      throw error
    }
  }

  /** False: made or being made, but not known to be usable yet. */
  async #create(): Promise<false> {
    try {
      await this.#client.send(
        new CreateTableCommand({
          TableName: this.name,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [
            { AttributeName: 'p', AttributeType: 'S' },
            { AttributeName: 's', AttributeType: 'B' },
          ],
          KeySchema: [
            { AttributeName: 'p', KeyType: 'HASH' },
            { AttributeName: 's', KeyType: 'RANGE' },
          ],
        }),
      )
    } catch (error) {
      if (!isNamed(error, 'ResourceInUseException')) throw error
    }
    return false
  }

  async #expire(): Promise<void> {
    const specification = { AttributeName: 't', Enabled: true }
    try {
      await this.#client.send(
        new UpdateTimeToLiveCommand({ TableName: this.name, TimeToLiveSpecification: specification }),
      )
    } catch (error) {
      // Another node did it.
      if (!isNamed(error, 'ValidationException', 'ResourceInUseException')) throw asKoineError(error, 'unavailable')
    }
  }

  async #patiently(what: string, step: () => Promise<boolean>): Promise<void> {
    const deadlineMs = this.#waits.monotonic() + patienceMs
    for (let pollMs = pollMsMin; !(await this.#tried(step)); pollMs = Math.min(pollMsMax, pollMs * 2)) {
      if (this.#waits.monotonic() > deadlineMs) {
        throw new KoineError('unavailable', `A table of DynamoDB took over ${patienceMs} ms to ${what}.`)
      }
      await sleep(this.#waits, pollMs)
    }
  }

  /** The control plane allows few calls at once; being throttled by it is a reason to wait. */
  async #tried(step: () => Promise<boolean>): Promise<boolean> {
    try {
      return await step()
    } catch (error) {
      if (isThrottled(error)) return false
      throw asKoineError(error, 'unavailable')
    }
  }
}
