import { test } from 'node:test'
import { systemRandomness } from '@koine/base'
import { ManualClock, peer } from '@koine/base/testing'
import { tablesConformance } from '@koine/stores-ports/conformance'
import { startDynamoDbLocal } from '../test-server/dynamodb-local.ts'
import { DynamoTables } from './dynamo-tables.ts'

const missing = peer('java', 'javac', 'mvn')

if (missing) test('tables: DynamoDB', { skip: missing }, () => {})
else {
  tablesConformance({
    name: 'DynamoDB',
    modelRuns: 20,
    open: async () => {
      const server = await startDynamoDbLocal()
      // A time far ahead: the server removes what has expired by its own clock.
      const clock = new ManualClock(Date.UTC(2090, 0, 1))
      const open = (): DynamoTables => connect(server.endpoint, clock)
      let tables = open()
      return {
        get tables() {
          return tables
        },
        clock,
        reopen: async () => {
          await tables[Symbol.asyncDispose]()
          tables = open()
        },
        close: async () => {
          await tables[Symbol.asyncDispose]()
          await server[Symbol.asyncDispose]()
        },
      }
    },
  })
}

function connect(endpoint: string, clock: ManualClock): DynamoTables {
  const credentials = { accessKeyId: 'koine', secretAccessKey: 'koine' }
  const connection = { region: 'us-east-1', endpoint, credentials }
  return new DynamoTables({ connection, tablePrefix: 'koine-', clock, randomness: systemRandomness })
}
