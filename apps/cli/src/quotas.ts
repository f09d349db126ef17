import type { KoineApi } from '@koine/sdk'
import { InvalidArgumentError, type Command } from 'commander'
import { collectPairs } from './option-values.ts'
import { printJson, printRows } from './output.ts'
import type { Session } from './session.ts'

type QuotaCalls = KoineApi['tenants']['quotas']
type Changes = Parameters<QuotaCalls['change']>[1]

export function addQuotaCommands(program: Command, session: () => Session): void {
  const quotas = program.command('quotas').description('show and change what a tenant may use')

  quotas
    .command('show <tenant>')
    .description('what the tenant may use, and whether that is its own or the server’s default')
    .action(async (tenant: string) => {
      const { api, output } = session()
      show(output, await api.tenants.quotas.get(tenant))
    })

  quotas
    .command('set <tenant> <quota=value...>')
    .description('change quotas; a value is a number, unlimited, or default')
    .action(async (tenant: string, pairs: readonly string[]) => {
      const { api, output } = session()
      show(output, await api.tenants.quotas.change(tenant, changesOf(pairs)))
    })

  quotas
    .command('reset <tenant>')
    .description('give the tenant the server’s defaults of all quotas')
    .action(async (tenant: string) => {
      const { api, output } = session()
      show(output, await api.tenants.quotas.set(tenant, {}))
    })
}

function changesOf(texts: readonly string[]): Changes {
  let pairs: Record<string, string> = {}
  for (const text of texts) pairs = collectPairs(text, pairs)
  return Object.fromEntries(Object.entries(pairs).map(([kind, text]) => [kind, valueOf(text)]))
}

function valueOf(text: string): number | 'unlimited' | null {
  if (text === 'default') return null
  if (text === 'unlimited') return text
  if (!/^\d{1,15}(\.\d{1,6})?$/.test(text)) {
    throw new InvalidArgumentError('A quota is a number, unlimited, or default.')
  }
  return Number(text)
}

function show(output: Session['output'], told: Awaited<ReturnType<QuotaCalls['get']>>): void {
  if (output.json) return printJson(output, told)
  const { quotas, own } = told
  printRows(
    output,
    Object.entries(quotas),
    [
      { title: 'QUOTA', cell: ([kind]) => kind },
      { title: 'VALUE', cell: ([, value]) => String(value) },
      { title: 'GIVEN BY', cell: ([kind]) => (Object.hasOwn(own, kind) ? 'operator' : 'default') },
    ],
    'There are no quotas',
  )
}
