import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChatClient, ConnectionStatus, HistoryRange, Message } from '../api/ports.ts'
import { LiveConversation } from './live-conversation.ts'
import { by, messageOf } from './message.fixture.ts'
import { unreadCount } from './timeline.ts'

/** A client whose server is a list of messages, and whose failures are told beforehand. */
class ListClient implements ChatClient {
  readonly status = 'live'
  closedBy: unknown
  reconnects = 0
  readonly marked: number[] = []
  failNext: string | undefined
  /** A message comes live. */
  tell: (message: Message) => void = () => {}
  /** The connection comes and goes. */
  turn: (status: ConnectionStatus) => void = () => {}
  readonly messages: Message[]

  constructor(messages: readonly Message[] = []) {
    this.messages = [...messages]
  }

  onMessage(listener: (message: Message) => void): () => void {
    this.tell = listener
    return () => (this.tell = () => {})
  }

  onRead(): () => void {
    return () => {}
  }

  onStatus(listener: (status: ConnectionStatus) => void): () => void {
    this.turn = listener
    return () => (this.turn = () => {})
  }

  async send({ clientMessageId, text }: { clientMessageId: string; text: string }): Promise<Message> {
    this.#failIfTold()
    const message = messageOf({ seq: this.messages.length + 1, senderId: 'asha', clientMessageId, text })
    this.messages.push(message)
    return message
  }

  async history(_conversationId: string, { before, after, limit }: HistoryRange) {
    this.#failIfTold()
    const found = this.messages.filter((m) => m.seq < (before ?? Infinity) && m.seq > (after ?? 0))
    return {
      messages: after === undefined ? found.slice(-limit) : found.slice(0, limit),
      hasMore: found.length > limit,
    }
  }

  async markRead(_conversationId: string, seq: number): Promise<void> {
    this.marked.push(seq)
  }

  async readPosition(): Promise<number> {
    return 0
  }

  reconnect(): void {
    this.reconnects++
  }

  close(): void {}

  #failIfTold(): void {
    const code = this.failNext
    this.failNext = undefined
    if (code) throw Object.assign(new Error(code), { code })
  }
}

function open(client: ListClient): LiveConversation {
  let made = 0
  return new LiveConversation({ client, conversationId: 'conv_1', userId: 'asha', newMessageId: () => `new ${++made}` })
}

const seqs = (conversation: LiveConversation): number[] => conversation.view().timeline.messages.map((m) => m.seq)
const manyOf = (count: number): Message[] => Array.from({ length: count }, (_, i) => by('ben', i + 1))

test('the newest messages are loaded first and older ones on demand', async () => {
  const conversation = open(new ListClient(manyOf(70)))
  await conversation.start()
  assert.equal(conversation.view().phase, 'ready')
  assert.equal(seqs(conversation)[0], 21)
  await conversation.loadOlder()
  assert.equal(seqs(conversation).length, 70)
  assert.equal(conversation.view().timeline.hasOlder, false)
})

test('what is missing between history and a live message is fetched', async () => {
  const client = new ListClient(manyOf(3))
  const conversation = open(client)
  await conversation.start()
  client.messages.push(by('ben', 4), by('ben', 5))
  client.tell(by('ben', 5))
  await new Promise(setImmediate)
  assert.deepEqual(seqs(conversation), [1, 2, 3, 4, 5])
})

test('a message that was refused is shown as failed, and goes out under its old id when tried again', async () => {
  const client = new ListClient()
  const conversation = open(client)
  await conversation.start()
  client.failNext = 'unavailable'
  await conversation.send('Hello')
  const [failed] = conversation.view().timeline.outgoing
  assert.equal(failed?.state, 'failed')
  await conversation.sendAgain('new 1')
  assert.deepEqual(
    client.messages.map((m) => m.clientMessageId),
    ['new 1'],
  )
  assert.equal(conversation.view().timeline.outgoing.length, 0)
})

test('messages are read while someone looks, and unread until then', async () => {
  const client = new ListClient(manyOf(2))
  const conversation = open(client)
  await conversation.start()
  assert.deepEqual(client.marked, [])
  assert.equal(unreadCount(conversation.view().timeline), 2)
  conversation.setAttentive(true)
  client.tell(by('ben', 3))
  assert.deepEqual(client.marked, [2, 3])
  assert.equal(unreadCount(conversation.view().timeline), 0)
})

test('the "New" line stands before the first message that nobody saw come, and leaves once it was read', async () => {
  const client = new ListClient()
  const conversation = open(client)
  await conversation.start()
  client.tell(by('ben', 1))
  client.tell(by('ben', 2))
  assert.equal(conversation.view().timeline.dividerSeq, 1)
  conversation.setAttentive(true)
  assert.equal(conversation.view().timeline.dividerSeq, 1)
  conversation.setAttentive(false)
  assert.equal(conversation.view().timeline.dividerSeq, undefined)
})

test('what was answered is not new when the page opens', async () => {
  const conversation = open(new ListClient([by('ben', 1), by('asha', 2), by('ben', 3)]))
  await conversation.start()
  assert.equal(conversation.view().timeline.dividerSeq, 3)
})

test('a history that fails says why, and is loaded when the connection is back', async () => {
  const client = new ListClient(manyOf(1))
  client.failNext = 'unavailable'
  const conversation = open(client)
  await conversation.start()
  assert.equal(conversation.view().phase, 'failed')
  assert.equal(conversation.view().problem?.code, 'unavailable')
  client.turn('live')
  await new Promise(setImmediate)
  assert.equal(conversation.view().phase, 'ready')
})

test('a connection that the server ended for good says why, and is tried again on demand', async () => {
  const client = new ListClient(manyOf(1))
  const conversation = open(client)
  await conversation.start()
  client.closedBy = Object.assign(new Error(), { code: 'tenant_suspended' })
  client.turn('closed')
  assert.equal(conversation.view().closedBy?.code, 'tenant_suspended')
  conversation.retry()
  assert.equal(client.reconnects, 1)
  client.turn('live')
  assert.equal(conversation.view().closedBy, undefined)
})

test('messages of another conversation are not shown', async () => {
  const client = new ListClient()
  const conversation = open(client)
  await conversation.start()
  client.tell(messageOf({ seq: 1, conversationId: 'conv_2' }))
  assert.deepEqual(seqs(conversation), [])
})

test('once closed it hears and tells nothing more', async () => {
  const client = new ListClient()
  const conversation = open(client)
  await conversation.start()
  let told = 0
  conversation.subscribe(() => told++)
  conversation.close()
  client.tell(by('ben', 1))
  assert.equal(told, 0)
  assert.deepEqual(seqs(conversation), [])
})
