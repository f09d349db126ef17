import { temporaryDirectory, until } from '@koine/base/testing'
import { Api } from '../api.ts'
import { type ServerProcess, startServer } from '../server-process.ts'
import { Chatter } from './chatter.ts'
import { readMessageEvents } from './events.ts'
import { eventProblems, historyProblems, type StoredMessage } from './verdict.ts'

export interface KillNineOptions {
  readonly kills: number
  readonly conversations: number
  readonly progress: (line: string) => void
}

export interface KillNineReport {
  readonly acknowledged: number
  readonly eventsRead: number
  readonly repeatedEvents: number
  /** Empty when nothing acknowledged was lost, doubled, changed or reordered. */
  readonly problems: readonly string[]
}

/** Kills the server with SIGKILL under load, again and again over one directory, and then looks at what is left. */
export async function killNine({ kills, conversations, progress }: KillNineOptions): Promise<KillNineReport> {
  await using directory = temporaryDirectory()
  const open = (): Promise<ServerProcess> => startServer({ dataDir: directory.path })
  const chatters = await prepare(open, conversations)
  for (let kill = 1; kill <= kills; kill++) {
    const server = await open()
    await Promise.all(chatters.map((chatter) => chatter.connect(server)))
    await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 450))
    await server.kill()
    for (const chatter of chatters) chatter.disconnect()
    progress(`kill ${kill} of ${kills}: ${count(chatters)} messages acknowledged`)
  }
  await using server = await open()
  await Promise.all(chatters.map((chatter) => chatter.connect(server)))
  for (const chatter of chatters) chatter.finish()
  await until('all that was under way is acknowledged', () => chatters.every(({ underWay }) => underWay === 0))
  return await inspect(server, chatters)
}

const count = (chatters: readonly Chatter[]): number =>
  chatters.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0)

async function prepare(open: () => Promise<ServerProcess>, conversations: number): Promise<Chatter[]> {
  await using server = await open()
  const api = new Api(server)
  const chatters: Chatter[] = []
  for (let made = 0; made < conversations; made++) {
    const [asha, ben] = [await api.user('Asha'), await api.user('Ben')]
    const conversationId = await api.conversation([asha.id, ben.id])
    chatters.push(new Chatter({ conversationId, token: asha.token, atOnce: 8 }))
  }
  return chatters
}

async function inspect(server: ServerProcess, chatters: readonly Chatter[]): Promise<KillNineReport> {
  const problems: string[] = []
  const histories = new Map<string, StoredMessage[]>()
  for (const chatter of chatters) {
    const history = await readHistory(server, chatter)
    histories.set(chatter.conversationId, history)
    const found = [...chatter.contradictions, ...historyProblems(chatter, history)]
    problems.push(...found.map((problem) => `${chatter.conversationId}: ${problem}`))
  }
  const messages = new Set([...histories.values()].flat().map(({ id }) => id))
  const events = await readMessageEvents(
    server,
    (seen) => new Set(seen.map(({ messageId }) => messageId)).size >= messages.size,
  )
  const byKey = Map.groupBy(events, ({ key }) => key)
  for (const [conversationId, history] of histories) {
    const found = eventProblems(history, byKey.get(conversationId) ?? [])
    problems.push(...found.map((problem) => `${conversationId}: ${problem}`))
  }
  const distinct = new Set(events.map(({ id }) => id)).size
  return {
    acknowledged: count(chatters),
    eventsRead: events.length,
    repeatedEvents: events.length - distinct,
    problems,
  }
}

async function readHistory(server: ServerProcess, { conversationId, token }: Chatter): Promise<StoredMessage[]> {
  const all: StoredMessage[] = []
  for (;;) {
    const url = `${server.http}/v1/conversations/${conversationId}/messages?after=${all.length}&limit=100`
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
    const { data, hasMore } = (await response.json()) as { data: StoredMessage[]; hasMore: boolean }
    all.push(...data)
    if (!hasMore) return all
  }
}
