import type { TopicDetail } from '@koine/sdk'
import { type Command, InvalidArgumentError } from 'commander'
import { formatBytes, formatCount } from './figures.ts'
import { collectPairs, wholeNumber } from './option-values.ts'
import { printFields, printJson, printRows } from './output.ts'
import type { Session } from './session.ts'

interface CreateOptions {
  readonly partitions?: number
  readonly setting: Readonly<Record<string, string>>
}

export function addTopicCommands(program: Command, session: () => Session): void {
  const topics = program
    .command('topics')
    .description("list, create, describe and delete the topics of a tenant's cluster")

  topics
    .command('list')
    .description('list the topics by name')
    .action(async () => {
      const { api, output } = session()
      printRows(
        output,
        (await api.streams.topics.list()).data,
        [
          { title: 'NAME', cell: ({ name }) => name },
          { title: 'PARTITIONS', cell: ({ partitions }) => String(partitions) },
          { title: 'CREATED', cell: ({ createdAt }) => createdAt },
          { title: 'ID', cell: ({ id }) => id },
        ],
        'There are no topics yet: koine topics create <name>',
      )
    })

  topics
    .command('create <name>')
    .description('create a topic')
    .option('--partitions <count>', 'into how many parts it is divided (1)', positive)
    .option(
      '--setting <name=value>',
      "a topic setting of Kafka's, such as retention.ms=3600000; may be repeated",
      collectPairs,
      {},
    )
    .action(async (name: string, { partitions, setting }: CreateOptions) => {
      const { api, output } = session()
      const topic = await api.streams.topics.create({ name, ...(partitions && { partitions }), settings: setting })
      printFields(output, { name: topic.name, id: topic.id, partitions: String(topic.partitions) })
    })

  topics
    .command('describe <name>')
    .description('show a topic: how far each partition reaches, and the settings that were changed')
    .action(async (name: string) => {
      const { api, output } = session()
      const topic = await api.streams.topics.get(name)
      if (output.json) printJson(output, topic)
      else describe(output, topic)
    })

  topics
    .command('delete <name>')
    .description('delete a topic with all its records, for ever')
    .requiredOption('--yes', 'say that you mean it')
    .action(async (name: string) => {
      const { api, output } = session()
      await api.streams.topics.delete(name)
      printFields(output, { name, status: 'deleted' })
    })
}

function describe(output: Session['output'], topic: TopicDetail): void {
  const changed = topic.settings.filter(({ isSet }) => isSet)
  printFields(output, {
    name: topic.name,
    id: topic.id,
    created: topic.createdAt,
    settings: changed.length === 0 ? 'all at their defaults' : changed.map(({ name, value }) => `${name}=${value}`),
  })
  output.write('\n')
  printRows(
    output,
    topic.bounds,
    [
      { title: 'PARTITION', cell: ({ partition }) => String(partition) },
      { title: 'START', cell: ({ startOffset }) => String(startOffset) },
      { title: 'END', cell: ({ endOffset }) => String(endOffset) },
      { title: 'RECORDS', cell: ({ startOffset, endOffset }) => formatCount(endOffset - startOffset) },
      { title: 'SIZE', cell: ({ bytes }) => formatBytes(bytes) },
    ],
    'It has no partitions',
  )
}

function positive(text: string): number {
  const count = wholeNumber(text)
  if (count === 0) throw new InvalidArgumentError('It has to be 1 or more.')
  return count
}
