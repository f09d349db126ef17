import { explain, type Explained } from '../api/explain.ts'
import type { ChatClient, ConnectionStatus, Message } from '../api/ports.ts'
import {
  canLoadOlder,
  emptyTimeline,
  gapAfter,
  lastSeq,
  reduceTimeline,
  type Timeline,
  type TimelineChange,
  unreadCount,
} from './timeline.ts'

export interface ConversationView {
  readonly timeline: Timeline
  readonly status: ConnectionStatus
  /** Of the newest messages, without which there is nothing to show. */
  readonly phase: 'loading' | 'ready' | 'failed'
  readonly problem?: Explained | undefined
  /** Why the connection is closed for good, while it is. */
  readonly closedBy?: Explained | undefined
  readonly loadingOlder: boolean
  readonly olderProblem?: Explained | undefined
  /** The newest message of someone else that came live: for assistive technology. */
  readonly announced?: Message | undefined
}

const pageSize = 50

/**
 * One conversation of one user, kept current: history, live messages, messages on their way, read positions. It lives
 * outside React, which reads `view` and hears of changes; after closing nothing changes any more.
 */
export class LiveConversation {
  readonly userId: string
  readonly #client: ChatClient
  readonly #conversationId: string
  readonly #newMessageId: () => string
  readonly #listeners = new Set<() => void>()
  readonly #stops: (() => void)[] = []
  #view: ConversationView
  #attentive = false
  #markedSeq = 0
  #fillingGap = false
  #closed = false

  constructor(o: { client: ChatClient; conversationId: string; userId: string; newMessageId: () => string }) {
    this.userId = o.userId
    this.#client = o.client
    this.#conversationId = o.conversationId
    this.#newMessageId = o.newMessageId
    this.#view = { timeline: emptyTimeline(o.userId), status: o.client.status, phase: 'loading', loadingOlder: false }
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly view = (): ConversationView => this.#view

  /** Starts to listen and loads the newest messages. */
  async start(): Promise<void> {
    this.#stops.push(
      this.#client.onMessage((message) => this.#onMessage(message)),
      this.#client.onRead((read) => {
        if (read.conversationId === this.#conversationId) this.noteRead(read.userId, read.seq)
      }),
      this.#client.onStatus((status) => this.#onStatus(status)),
    )
    await this.#load()
  }

  /** Tries again what failed for good: the connection, the newest messages, or both. */
  retry(): void {
    this.#client.reconnect()
    if (this.#view.phase === 'failed') void this.#load()
  }

  async #load(): Promise<void> {
    this.#set({ phase: 'loading', problem: undefined })
    try {
      const [{ messages, hasMore }, readSeq] = await Promise.all([
        this.#client.history(this.#conversationId, { limit: pageSize }),
        this.#client.readPosition(this.#conversationId),
      ])
      this.#markedSeq = readSeq
      this.#change({ type: 'read', userId: this.userId, seq: readSeq })
      this.#change({ type: 'loaded', messages, hasOlder: hasMore })
      const firstUnread = messages.find((m) => m.seq > this.readSeq && m.senderId !== this.userId)
      if (firstUnread && !this.#attentive) this.#change({ type: 'divided', seq: firstUnread.seq })
      this.#set({ phase: 'ready' })
      this.#markReadIfSeen()
      await this.#fillGap()
    } catch (thrown) {
      this.#set({ phase: 'failed', problem: explain(thrown) })
    }
  }

  async loadOlder(): Promise<void> {
    const { timeline, loadingOlder, phase } = this.#view
    const oldest = timeline.messages[0]
    if (!oldest || loadingOlder || phase !== 'ready' || !canLoadOlder(timeline)) return
    this.#set({ loadingOlder: true, olderProblem: undefined })
    try {
      const range = { before: oldest.seq, limit: pageSize }
      const { messages, hasMore } = await this.#client.history(this.#conversationId, range)
      this.#change({ type: 'loaded', messages, hasOlder: hasMore })
      this.#set({ loadingOlder: false })
    } catch (thrown) {
      this.#set({ loadingOlder: false, olderProblem: explain(thrown) })
    }
  }

  async send(text: string): Promise<void> {
    const clientMessageId = this.#newMessageId()
    const writtenAt = new Date().toISOString()
    this.#change({ type: 'written', outgoing: { clientMessageId, text, writtenAt, state: 'pending' } })
    await this.#deliver(clientMessageId, text)
  }

  /** Sends a failed message again under its old id, so that it can't appear twice. */
  async sendAgain(clientMessageId: string): Promise<void> {
    const failed = this.#view.timeline.outgoing.find((o) => o.clientMessageId === clientMessageId)
    if (failed?.state !== 'failed') return
    this.#change({ type: 'retried', clientMessageId })
    await this.#deliver(clientMessageId, failed.text)
  }

  discard(clientMessageId: string): void {
    this.#change({ type: 'discarded', clientMessageId })
  }

  /** Whether the user has the newest messages under the eyes: what they see is read. */
  setAttentive(attentive: boolean): void {
    if (this.#attentive === attentive) return
    this.#attentive = attentive
    if (!attentive && unreadCount(this.#view.timeline) === 0) this.#change({ type: 'divided', seq: undefined })
    this.#markReadIfSeen()
  }

  /** Up to which message this user has read. */
  get readSeq(): number {
    return this.#view.timeline.readSeqs[this.userId] ?? 0
  }

  /** A read position learnt elsewhere. */
  noteRead(userId: string, seq: number): void {
    this.#change({ type: 'read', userId, seq })
  }

  close(): void {
    this.#closed = true
    for (const stop of this.#stops) stop()
    this.#listeners.clear()
  }

  #onMessage(message: Message): void {
    if (message.conversationId !== this.#conversationId) return
    const fromOther = message.senderId !== this.userId
    const isNew = message.seq > lastSeq(this.#view.timeline)
    this.#change({ type: 'arrived', message })
    if (fromOther && isNew) {
      if (!this.#attentive && this.#view.timeline.dividerSeq === undefined && this.#view.phase === 'ready') {
        this.#change({ type: 'divided', seq: message.seq })
      }
      this.#set({ announced: message })
    }
    this.#markReadIfSeen()
    if (this.#view.phase === 'ready') void this.#fillGap()
  }

  #onStatus(status: ConnectionStatus): void {
    this.#set({ status, closedBy: status === 'closed' ? explain(this.#client.closedBy) : undefined })
    if (status !== 'live') return
    if (this.#view.phase === 'failed') void this.#load()
    if (this.#view.phase === 'ready') void this.#fillGap()
  }

  async #deliver(clientMessageId: string, text: string): Promise<void> {
    try {
      const message = await this.#client.send({ conversationId: this.#conversationId, clientMessageId, text })
      this.#change({ type: 'arrived', message })
    } catch (thrown) {
      const { title, advice } = explain(thrown)
      this.#change({ type: 'failed', clientMessageId, problem: `${title} ${advice}` })
    }
  }

  #markReadIfSeen(): void {
    const { timeline, phase } = this.#view
    const seq = lastSeq(timeline)
    if (!this.#attentive || phase !== 'ready' || seq <= this.#markedSeq) return
    const before = this.#markedSeq
    this.#markedSeq = seq
    this.#change({ type: 'read', userId: this.userId, seq })
    this.#client.markRead(this.#conversationId, seq).catch(() => {
      // A read position is told again with the next message that is seen; until then the old one holds.
      this.#markedSeq = Math.min(this.#markedSeq, before)
    })
  }

  /** Fetches what lies between the held messages when live ones ran ahead of the history. */
  async #fillGap(): Promise<void> {
    if (this.#fillingGap) return
    this.#fillingGap = true
    try {
      for (let after = gapAfter(this.#view.timeline); after !== undefined && !this.#closed;) {
        const { messages } = await this.#client.history(this.#conversationId, { after, limit: pageSize })
        if (messages.length === 0) return
        this.#change({ type: 'loaded', messages })
        after = gapAfter(this.#view.timeline)
      }
    } catch {
      // What is held stays on the screen; the next message or reconnection asks for the rest again.
    } finally {
      this.#fillingGap = false
    }
  }

  #change(change: TimelineChange): void {
    this.#set({ timeline: reduceTimeline(this.#view.timeline, change) })
  }

  #set(part: Partial<ConversationView>): void {
    if (this.#closed) return
    this.#view = { ...this.#view, ...part }
    for (const listener of this.#listeners) listener()
  }
}
