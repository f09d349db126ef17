import type { Command } from 'commander'
import { everyPage } from './every-page.ts'
import { printFields, printRows } from './output.ts'
import type { Session } from './session.ts'

interface KeyOptions {
  readonly name?: string
  readonly scope?: string[]
  readonly expiresAt?: string
}

export function addKeyCommands(program: Command, session: () => Session): void {
  const keys = program.command('keys').description('create, list and revoke the API keys of a tenant')

  keys
    .command('create <tenant>')
    .description('create an API key; its secret is shown this once')
    .option('--name <name>', 'what it is for')
    .option('--scope <scope...>', 'what it may: admin for everything, or a name that ACLs speak of (default: admin)')
    .option('--expires-at <time>', 'when it ends, as ISO 8601')
    .action(async (tenant: string, { name, scope, expiresAt }: KeyOptions) => {
      const { api, output } = session()
      const key = await api.keys.create(tenant, {
        ...(name && { name }),
        ...(scope && { scopes: scope }),
        ...(expiresAt && { expiresAt }),
      })
      printFields(output, { ...key, bearer: `${key.id}.${key.secret}` })
    })

  keys
    .command('list <tenant>')
    .description('list the API keys of a tenant')
    .action(async (tenant: string) => {
      const { api, output } = session()
      const rows = await everyPage((cursor) => api.keys.list(tenant, cursor))
      printRows(
        output,
        rows,
        [
          { title: 'ID', cell: ({ id }) => id },
          { title: 'NAME', cell: ({ name }) => name },
          { title: 'SCOPES', cell: ({ scopes }) => scopes.join(' ') },
          { title: 'CREATED', cell: ({ createdAt }) => createdAt },
          { title: 'EXPIRES', cell: ({ expiresAt }) => expiresAt ?? 'never' },
          { title: 'REVOKED', cell: ({ revokedAt }) => revokedAt ?? '' },
        ],
        'The tenant has no API keys: koine keys create <tenant>',
      )
    })

  keys
    .command('revoke <tenant> <key>')
    .description('revoke an API key at once; its connections are closed')
    .action(async (tenant: string, key: string) => {
      const { api, output } = session()
      await api.keys.revoke(tenant, key)
      printFields(output, { id: key, status: 'revoked' })
    })
}
