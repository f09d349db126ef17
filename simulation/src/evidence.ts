import type { ConversationId, TenantId, UserId } from '@koine/base'
import type { InboxEntry, Message } from '@koine/services-messaging'
import { EventLog } from '@koine/stores-ports'
import type { Ledger } from './ledger.ts'
import type { Person } from './person.ts'
import type { SimulatedTenant, World } from './world.ts'

interface LoggedEvent {
  readonly id: string
  readonly type: string
  readonly source: string
  readonly message?: Message
}

interface ReaderEvidence {
  readonly user: UserId
  /** By conversation, as history shows it to this user. */
  readonly histories: ReadonlyMap<ConversationId, readonly Message[]>
  readonly inbox: readonly InboxEntry[]
  /** The user's change log from its beginning: conversations and messages as it leads to them. */
  readonly told: {
    readonly conversations: readonly ConversationId[]
    readonly messages: readonly Message[]
  }
}

interface TenantEvidence {
  readonly tenant: SimulatedTenant
  readonly readers: readonly ReaderEvidence[]
  /** By key, in the order of the log, repeats included. */
  readonly events: ReadonlyMap<string, readonly LoggedEvent[]>
}

/** What is left when everything has come to rest: what checkers hold against the ledger. */
export interface Evidence {
  readonly tenants: readonly TenantEvidence[]
  readonly people: readonly Person[]
  readonly ledger: Ledger
}

const partitions = 6

export async function gatherEvidence(world: World, people: readonly Person[]): Promise<Evidence> {
  const tenants: TenantEvidence[] = []
  for (const tenant of world.tenants) {
    const readers: ReaderEvidence[] = []
    for (const user of tenant.users) readers.push(await readAll(world, tenant.id, user))
    tenants.push({ tenant, readers, events: await readEvents(world, tenant.id) })
  }
  return { tenants, people, ledger: world.ledger }
}

async function readAll(world: World, tenant: TenantId, user: UserId): Promise<ReaderEvidence> {
  const server = world.server('n1')
  const histories = new Map<ConversationId, readonly Message[]>()
  const inbox: InboxEntry[] = []
  for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
    const page = await server.call(tenant, (messaging, scope) =>
      messaging.inbox(scope, user, { limit: 7, ...(cursor !== undefined && { cursor }) }),
    )
    inbox.push(...page.entries)
    cursor = page.cursor
  }
  for (const { conversation } of inbox) {
    const messages: Message[] = []
    for (let more = true; more;) {
      const after = messages.at(-1)?.seq ?? 0
      const page = await server.call(tenant, (messaging, scope) =>
        messaging.history(scope, user, conversation.id, { after, limit: 50 }),
      )
      messages.push(...page.messages)
      more = page.hasMore
    }
    histories.set(conversation.id, messages)
  }
  return { user, histories, inbox, told: await readChanges(world, tenant, user) }
}

async function readChanges(world: World, tenant: TenantId, user: UserId): Promise<ReaderEvidence['told']> {
  const conversations: ConversationId[] = []
  const messages: Message[] = []
  let cursor = { position: 0, seq: 0 }
  for (let more = true; more;) {
    const page = await world
      .server('n1')
      .call(tenant, (messaging, scope) => messaging.changesSince(scope, user, cursor, 9))
    conversations.push(...page.conversations.map(({ id }) => id))
    messages.push(...page.messages)
    ;({ cursor, hasMore: more } = page)
  }
  return { conversations, messages }
}

async function readEvents(world: World, tenant: TenantId): Promise<Map<string, LoggedEvent[]>> {
  const log = new EventLog(world.scope(tenant).log, { clock: world.clock })
  const events = new Map<string, LoggedEvent[]>()
  if (!(await world.scope(tenant).log.topic('koine.messages'))) return events
  for (let partition = 0; partition < partitions; partition++) {
    for (let offset = 0, end = 1; offset < end;) {
      const page = await log.read({ topic: 'koine.messages', partition }, offset, 500)
      for (const { key, value } of page.records) {
        const { id, type, source, data } = JSON.parse(Buffer.from(value!).toString())
        const ofKey = events.get(key!) ?? []
        events.set(key!, ofKey)
        ofKey.push({ id, type, source, message: data.message })
      }
      offset = page.nextOffset
      end = page.endOffset
    }
  }
  return events
}
