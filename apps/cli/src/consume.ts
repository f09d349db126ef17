import { setTimeout as sleep } from 'node:timers/promises'
import { type KoineApi, KoineError, type TopicRecord } from '@koine/sdk'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { wholeNumber } from './option-values.ts'
import { type RecordFormat, recordFormats, textOf } from './record-text.ts'
import type { Session } from './session.ts'

interface ConsumeOptions {
  readonly from: Start
  readonly partition?: number
  readonly follow?: true
  readonly limit?: number
  readonly format: RecordFormat
}

/** Where to begin, as the API has it. */
type Start = { readonly from: string } | { readonly at: string }

const recordsUnlessTold = 20
const pageRecords = 100
const reconnectMs = 1_000

export function addConsumeCommand(program: Command, session: () => Session): void {
  program
    .command('consume <topic>')
    .description('read records, for a quick look; programs read with a Kafka client')
    .option(
      '--from <where>',
      'earliest, latest, last (the newest, up to 100), an offset, or a time as ISO 8601',
      start,
      {
        from: 'last',
      },
    )
    .option('--partition <number>', 'one partition alone; all of them otherwise', wholeNumber)
    .option('--follow', 'go on with what comes, until interrupted')
    .option('--limit <count>', `stop after so many (${recordsUnlessTold}; none with --follow)`, wholeNumber)
    .addOption(
      new Option('--format <format>', 'how to print: value is the value alone')
        .choices(recordFormats)
        .default('pretty'),
    )
    .action(async (topic: string, options: ConsumeOptions) => {
      const { api, output } = session()
      const limit = options.limit ?? (options.follow ? Infinity : recordsUnlessTold)
      let count = 0
      for await (const record of recordsOf(api, topic, options, limit)) {
        output.write(output.json ? `${JSON.stringify(record)}\n` : textOf(record, options.format))
        if (++count >= limit) return
      }
      if (count === 0 && !output.json) output.write('No records there\n')
    })
}

/** Pages from the start to the end, and then, if wanted, what comes. */
async function* recordsOf(
  api: KoineApi,
  topic: string,
  { from, partition, follow }: ConsumeOptions,
  limit: number,
): AsyncGenerator<TopicRecord> {
  if (limit === 0) return
  const where = partition !== undefined && { partition }
  const isNewest = 'from' in from && from.from === 'last'
  const pageLimit = Math.min(limit, isNewest && limit === Infinity ? recordsUnlessTold : pageRecords)
  let page = await api.streams.records.list(topic, { ...from, ...where, limit: pageLimit })
  for (;;) {
    yield* page.data
    const { nextCursor } = page
    if (nextCursor === undefined) return
    if (page.data.length === 0) {
      if (follow) yield* followed(api, { topic, ...where }, nextCursor)
      return
    }
    page = await api.streams.records.list(topic, { ...where, cursor: nextCursor, limit: pageLimit })
  }
}

/** A stream that ends, as when the server starts anew, is taken up again behind the last record. */
async function* followed(
  api: KoineApi,
  where: { readonly topic: string; readonly partition?: number },
  from: string,
): AsyncGenerator<TopicRecord> {
  for (let cursor = from; ;) {
    try {
      for await (const tailed of api.streams.tail({ ...where, cursor })) {
        cursor = tailed.cursor
        yield tailed.record
      }
    } catch (thrown) {
      if (!(thrown instanceof KoineError) || !thrown.retryable) throw thrown
    }
    await sleep(reconnectMs)
  }
}

function start(text: string): Start {
  if (/^(earliest|latest|last|\d{1,15})$/.test(text)) return { from: text }
  const at = new Date(text)
  if (!/^\d{4}-/.test(text) || Number.isNaN(at.getTime()))
    throw new InvalidArgumentError('It is earliest, latest, last, an offset, or a time such as 2026-03-09T08:00:00Z.')
  return { at: at.toISOString() }
}
