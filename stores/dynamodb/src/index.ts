export { type DynamoConnection, DynamoTables, type DynamoTablesOptions } from './dynamo-tables.ts'
