import type { GroupDetail } from '@koine/sdk'
import type { Command } from 'commander'
import { formatCount } from './figures.ts'
import { printFields, printJson, printRows } from './output.ts'
import type { Session } from './session.ts'

export function addGroupCommands(program: Command, session: () => Session): void {
  const groups = program.command('groups').description('list, describe and delete the consumer groups of a tenant')

  groups
    .command('list')
    .description('list the consumer groups by name')
    .action(async () => {
      const { api, output } = session()
      printRows(
        output,
        (await api.streams.groups.list()).data,
        [
          { title: 'GROUP', cell: ({ id }) => id },
          { title: 'STATE', cell: ({ state }) => state },
          { title: 'PROTOCOL', cell: ({ protocol }) => protocol },
          { title: 'MEMBERS', cell: ({ members }) => String(members) },
        ],
        'There are no consumer groups: one appears when a Kafka client joins it or commits an offset',
      )
    })

  groups
    .command('describe <group>')
    .description('show a group: its members, and how far it is behind in each partition')
    .action(async (group: string) => {
      const { api, output } = session()
      const found = await api.streams.groups.get(group)
      if (output.json) printJson(output, found)
      else describe(output, found)
    })

  groups
    .command('delete <group>')
    .description('delete a group without members; it forgets how far it has read')
    .requiredOption('--yes', 'say that you mean it')
    .action(async (group: string) => {
      const { api, output } = session()
      await api.streams.groups.delete(group)
      printFields(output, { group, status: 'deleted' })
    })
}

function describe(output: Session['output'], { id, state, protocol, members, offsets, lag }: GroupDetail): void {
  printFields(output, { group: id, state, protocol, members: String(members.length), lag: formatCount(lag) })
  const clients = new Map(members.map(({ memberId, clientId, clientHost }) => [memberId, `${clientId} ${clientHost}`]))
  output.write('\n')
  printRows(
    output,
    offsets,
    [
      { title: 'TOPIC', cell: ({ topic }) => topic },
      { title: 'PARTITION', cell: ({ partition }) => String(partition) },
      { title: 'COMMITTED', cell: ({ committed }) => (committed === null ? '-' : String(committed)) },
      { title: 'END', cell: ({ end }) => String(end) },
      { title: 'LAG', cell: ({ lag }) => (lag === null ? '-' : String(lag)) },
      { title: 'MEMBER', cell: ({ memberId }) => (memberId === null ? '-' : (clients.get(memberId) ?? memberId)) },
    ],
    'It has committed nothing yet',
  )
}
