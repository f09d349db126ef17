import type { Command } from 'commander'
import { everyPage } from './every-page.ts'
import { printFields, printRows } from './output.ts'
import type { Session } from './session.ts'
import { printUsage } from './usage.ts'

export function addTenantCommands(program: Command, session: () => Session): void {
  const tenants = program.command('tenants').description('create, list and delete tenants')

  tenants
    .command('create <name>')
    .description('create a tenant')
    .action(async (name: string) => {
      const { api, output } = session()
      printFields(output, { ...(await api.tenants.create({ name })) })
    })

  tenants
    .command('list')
    .description('list the tenants, the oldest first')
    .action(async () => {
      const { api, output } = session()
      const rows = await everyPage((cursor) => api.tenants.list(cursor))
      printRows(
        output,
        rows,
        [
          { title: 'ID', cell: ({ id }) => id },
          { title: 'NAME', cell: ({ name }) => name },
          { title: 'STATUS', cell: ({ status }) => status },
          { title: 'CREATED', cell: ({ createdAt }) => createdAt },
        ],
        'There are no tenants yet: koine tenants create <name>',
      )
    })

  for (const [verb, done] of [
    ['suspend', 'suspended'],
    ['resume', 'active'],
  ] as const) {
    tenants
      .command(`${verb} <tenant>`)
      .description(verb === 'suspend' ? 'refuse its credentials for now' : 'accept its credentials again')
      .action(async (tenant: string) => {
        const { api, output } = session()
        await api.tenants[verb](tenant)
        printFields(output, { id: tenant, status: done })
      })
  }

  tenants
    .command('usage <tenant>')
    .description('show what its cluster uses of what it may, and where its records are')
    .action(async (tenant: string) => {
      const { api, output } = session()
      printUsage(output, await api.tenants.usage(tenant))
    })

  tenants
    .command('delete <tenant>')
    .description('delete a tenant and everything in it, for ever')
    .requiredOption('--yes', 'say that you mean it')
    .action(async (tenant: string) => {
      const { api, output } = session()
      await api.tenants.delete(tenant)
      printFields(output, { id: tenant, status: 'deleted' })
    })
}
