import type { StreamsApi } from '@koine/sdk'
import { type Command, Option } from 'commander'
import { formatCount } from './figures.ts'
import { collectPairs, wholeNumber } from './option-values.ts'
import type { Session } from './session.ts'

type NewRecord = Parameters<StreamsApi['records']['produce']>[1][number]

interface ProduceOptions {
  readonly value?: string
  readonly tombstone?: true
  readonly key?: string
  readonly keySeparator?: string
  readonly header: Readonly<Record<string, string>>
  readonly partition?: number
}

/** A request holds so many records, and about so many characters. */
const requestRecords = 500
const requestCharacters = 512 * 1024

export function addProduceCommand(program: Command, session: () => Session, input: () => AsyncIterable<string>): void {
  program
    .command('produce <topic>')
    .description('write records: one with --value, or one for each line of the standard input')
    .option('--value <text>', 'the value of a single record')
    .addOption(
      new Option('--tombstone', 'a single record without a value, for --key').conflicts(['value', 'keySeparator']),
    )
    .option('--key <text>', 'the key of every record')
    .addOption(
      new Option(
        '--key-separator <text>',
        'what stands between key and value in a line; a line without it has no key',
      ).conflicts(['key', 'value']),
    )
    .option('--header <name=value>', 'a header of every record; may be repeated', collectPairs, {})
    .option('--partition <number>', 'where to write; the key chooses otherwise', wholeNumber)
    .action(async (topic: string, options: ProduceOptions) => {
      const { api, output } = session()
      let count = 0
      for await (const records of batches(options, input)) {
        const { data } = await api.streams.records.produce(topic, records)
        count += data.length
        if (output.json) for (const place of data) output.write(`${JSON.stringify(place)}\n`)
      }
      if (!output.json)
        output.write(`${formatCount(count)} ${count === 1 ? 'record' : 'records'} written to ${topic}\n`)
    })
}

/** What each request writes. Lines that come together go together; a line that is typed goes at once. */
async function* batches(options: ProduceOptions, input: () => AsyncIterable<string>): AsyncGenerator<NewRecord[]> {
  const { value, tombstone } = options
  if (value !== undefined || tombstone) yield [recordOf(options, value ?? null)]
  else yield* batchesOfLines(options, input)
}

async function* batchesOfLines(
  options: ProduceOptions,
  input: () => AsyncIterable<string>,
): AsyncGenerator<NewRecord[]> {
  let rest = ''
  for await (const text of input()) {
    const lines = (rest + text).split(/\r?\n/)
    rest = lines.pop() ?? ''
    yield* requests(lines.map((line) => recordOfLine(options, line)))
  }
  if (rest !== '') yield [recordOfLine(options, rest)]
}

function* requests(records: readonly NewRecord[]): Generator<NewRecord[]> {
  let request: NewRecord[] = []
  let characters = 0
  for (const record of records) {
    const length = (record.key?.length ?? 0) + (record.value?.length ?? 0)
    if (request.length === requestRecords || (request.length > 0 && characters + length > requestCharacters)) {
      yield request
      request = []
      characters = 0
    }
    request.push(record)
    characters += length
  }
  if (request.length > 0) yield request
}

function recordOfLine(options: ProduceOptions, line: string): NewRecord {
  const { keySeparator } = options
  const at = keySeparator === undefined ? -1 : line.indexOf(keySeparator)
  if (keySeparator === undefined || at < 0) return recordOf(options, line)
  return recordOf({ ...options, key: line.slice(0, at) }, line.slice(at + keySeparator.length))
}

const recordOf = ({ key, header, partition }: ProduceOptions, value: string | null): NewRecord => ({
  value,
  ...(key !== undefined && { key }),
  ...(partition !== undefined && { partition }),
  headers: Object.entries(header).map(([name, value]) => ({ name, value })),
})
