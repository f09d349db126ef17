import { Koine, type KoineApi, type Status } from '@koine/sdk'
import { PageSocket } from './page-socket.ts'
import type { ChatClient, ConnectionStatus } from './ports.ts'

/** A page that someone looks at should notice soon that the network is gone, and be back soon after it is. */
const settings = { pingEveryMs: 5_000, reconnectMaxMs: 5_000 }

/** One user's connection, over the SDK, opened at once. */
export function koineChat(url: string, token: () => Promise<string>): ChatClient {
  const koine = new Koine({ url, token, settings, webSocket: PageSocket })
  const status = new StatusOfPage()
  koine.on('status', (next) => status.next(next))
  const connect = (): void => {
    koine.connect().catch(() => {
      // The status says that it failed, and why.
    })
  }
  connect()
  return {
    get status() {
      return status.current
    },
    get closedBy() {
      return koine.status.state === 'stopped' ? koine.status.error : undefined
    },
    reconnect: () => {
      if (koine.status.state === 'stopped') connect()
    },
    onMessage: (listener) => koine.on('message', listener),
    onRead: (listener) => koine.on('read', listener),
    onStatus: (listener) => status.on(listener),
    send: ({ conversationId, clientMessageId, text }) => koine.send(conversationId, text, { clientMessageId }),
    history: async (conversationId, range) => {
      const { data, hasMore } = await koine.api.conversations.history(conversationId, range)
      return { messages: data, hasMore }
    },
    markRead: async (conversationId, seq) => {
      await koine.markRead(conversationId, seq)
    },
    readPosition: (conversationId) => readPosition(koine.api, conversationId),
    close: () => koine.close(),
  }
}

/** The SDK's states in the four that a page shows. */
class StatusOfPage {
  current: ConnectionStatus = 'connecting'
  #listener: ((status: ConnectionStatus) => void) | undefined

  on(listener: (status: ConnectionStatus) => void): () => void {
    this.#listener = listener
    return () => (this.#listener = undefined)
  }

  next({ state }: Status): void {
    const next = this.#shown(state)
    if (next === this.current) return
    this.current = next
    this.#listener?.(next)
  }

  #shown(state: Status['state']): ConnectionStatus {
    if (state === 'online' || state === 'catchingUp') return 'live'
    if (state === 'stopped' || state === 'idle') return 'closed'
    const isFirst = this.current === 'connecting' && state === 'connecting'
    return isFirst ? 'connecting' : 'reconnecting'
  }
}

/** The inbox has the latest conversations first; one that is not among so many pages counts as unread. */
const inboxPagesMax = 10

async function readPosition(api: KoineApi, conversationId: string): Promise<number> {
  let cursor: string | undefined
  for (let page = 0; page < inboxPagesMax; page++) {
    const { data, nextCursor } = await api.inbox({ limit: 100, ...(cursor !== undefined && { cursor }) })
    const entry = data.find(({ conversation }) => conversation.id === conversationId)
    if (entry) return entry.readSeq
    if (nextCursor === undefined) return 0
    cursor = nextCursor
  }
  return 0
}
