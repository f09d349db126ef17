import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConversationId, UserId } from '@koine/base'
import type { Messaging } from '@koine/services-messaging'
import type { Tenancy } from '@koine/services-tenancy'

/** What `<data>/demo.json` holds. */
export interface DemoFile {
  readonly adminToken: string
  readonly tenants: readonly DemoTenant[]
}

interface DemoTenant {
  readonly id: string
  readonly name: string
  readonly apiKey: { readonly id: string; readonly secret: string }
  readonly users: readonly { readonly id: UserId; readonly name: string }[]
  readonly conversationId: ConversationId
}

const demoTenants = [
  { name: 'acme', users: ['Asha', 'Ben'] },
  { name: 'globex', users: ['Greta', 'Hugo'] },
] as const

export const demoPath = (dataDir: string): string => join(dataDir, 'demo.json')

export async function readDemo(dataDir: string): Promise<DemoFile | undefined> {
  try {
    return JSON.parse(await readFile(demoPath(dataDir), 'utf8')) as DemoFile
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ENOENT') return undefined
    throw cause
  }
}

/**
 * Makes the demo tenants, each with a key, two users and their conversation. The file is written last and whole, so a
 * start that was cut short makes them anew; its leftovers are tenants that nobody has a key of.
 */
export async function makeDemo(dataDir: string, adminToken: string, services: DemoServices): Promise<DemoFile> {
  const tenants: DemoTenant[] = []
  for (const { name, users } of demoTenants) tenants.push(await makeTenant(name, users, services))
  const demo: DemoFile = { adminToken, tenants }
  const path = demoPath(dataDir)
  await writeFile(`${path}.new`, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600, flush: true })
  await rename(`${path}.new`, path)
  return demo
}

interface DemoServices {
  readonly tenancy: Tenancy
  readonly messaging: Messaging
}

async function makeTenant(
  name: string,
  people: readonly string[],
  { tenancy, messaging }: DemoServices,
): Promise<DemoTenant> {
  const tenant = await tenancy.createTenant({ name })
  const { id, secret } = await tenancy.createApiKey(tenant.id, { name: 'demo' })
  const { scope } = await tenancy.authenticateKey(id, secret)
  const users = []
  for (const person of people) users.push(await tenancy.createUser(scope, { name: person }))
  const members = users.map((user) => user.id)
  const conversation = await messaging.createConversation(scope, { kind: 'direct', members })
  return {
    id: tenant.id,
    name,
    apiKey: { id, secret },
    users: users.map((user) => ({ id: user.id, name: user.name })),
    conversationId: conversation.id,
  }
}
