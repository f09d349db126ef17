import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { apiKeyIds, type ConversationId, KoineError, tenantIds, type UserId } from '@koine/base'
import type { Messaging } from '@koine/services-messaging'
import type { Tenancy } from '@koine/services-tenancy'
import { Type } from 'typebox'
import { Check } from 'typebox/value'

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

/** @throws KoineError with one line for a file that can't be read or isn't what `makeDemo` wrote */
export async function readDemo(dataDir: string): Promise<DemoFile | undefined> {
  const path = demoPath(dataDir)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    const { code } = cause as { code?: string }
    if (code === 'ENOENT') return undefined
    throw new KoineError('invalid_request', `${path}: the demo file can't be read (${code ?? String(cause)})`, {
      cause,
    })
  }
  const demo = parseDemo(text)
  if (demo) return demo
  throw new KoineError('invalid_request', `${path} is damaged; move it away and new demo tenants are made`)
}

function parseDemo(text: string): DemoFile | undefined {
  try {
    const demo = JSON.parse(text) as DemoFile
    return Check(demoSchema, demo as unknown) ? demo : undefined
  } catch {
    return undefined // Not JSON; the parser's message would quote secrets.
  }
}

const someText = Type.String({ minLength: 1 })
const person = Type.Object({ id: someText, name: someText })
const demoTenant = Type.Object({
  id: someText,
  name: someText,
  apiKey: Type.Object({ id: someText, secret: someText }),
  users: Type.Array(person, { minItems: 1 }),
  conversationId: someText,
})
const demoSchema = Type.Object({ adminToken: someText, tenants: Type.Array(demoTenant, { minItems: 1 }) })

/**
 * Production refuses what development handed out in the same data directory: the keys are revoked for good, and the file
 * is of no more use.
 * @throws KoineError when the operator's token is the one of the demo file
 */
export async function refuseDemoCredentials(demo: DemoFile, adminToken: string, tenancy: Tenancy): Promise<void> {
  if (adminToken === demo.adminToken) {
    throw new KoineError('invalid_request', 'production mode refuses the admin token of demo.json: make another one')
  }
  for (const { id, apiKey } of demo.tenants) {
    const [tenantId, keyId] = [tenantIds.parse(id), apiKeyIds.parse(apiKey.id)]
    if (!tenantId || !keyId) continue
    try {
      await tenancy.revokeApiKey(tenantId, keyId)
    } catch (thrown) {
      // A tenant that was deleted has taken its keys along.
      if (!(thrown instanceof KoineError) || thrown.code !== 'not_found') throw thrown
    }
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
