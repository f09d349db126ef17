import { type ConversationId, KoineError, type Randomness, sleep, type UserId, wholeNumber } from '@koine/base'
import type { Message, NewMessage } from '@koine/services-messaging'
import { Device } from './device.ts'
import type { SimulatedTenant, World } from './world.ts'

type Deed = readonly [weight: number, act: (person: Person) => Promise<void>]

const deeds: readonly Deed[] = [
  [8, (person) => person.say()],
  [4, (person) => person.sayManyAtOnce()],
  [3, (person) => person.repeat()],
  [2, (person) => person.reuseName()],
  [4, (person) => person.read()],
  [3, (person) => person.lookBack()],
  [2, (person) => person.openInbox()],
  [2, (person) => person.startConversation()],
  [3, (person) => person.reconnect()],
  [1, (person) => person.intrude()],
]
const weights = deeds.reduce((sum, [weight]) => sum + weight, 0)
const triesMax = 6

/** Somebody with a device or two, who keeps repeating what got no answer, as the SDK does. */
export class Person {
  readonly user: UserId
  readonly devices: readonly Device[]
  readonly #name: string
  readonly #world: World
  readonly #tenant: SimulatedTenant
  readonly #randomness: Randomness
  #said = 0

  constructor(o: { name: string; world: World; tenant: SimulatedTenant; user: UserId; randomness: Randomness }) {
    this.user = o.user
    this.#name = o.name
    this.#world = o.world
    this.#tenant = o.tenant
    this.#randomness = o.randomness
    const devices = 1 + wholeNumber(o.randomness, 2)
    this.devices = Array.from({ length: devices }, (_, n) => new Device({ ...o, name: `${o.name}'s device ${n + 1}` }))
  }

  async live(deedCount: number): Promise<void> {
    await Promise.all(this.devices.map((device) => device.connect()))
    await this.startConversation()
    for (let n = 0; n < deedCount; n++) {
      await sleep(this.#world.clock, this.#randomness.fraction() ** 2 * 100)
      await this.#deed()(this)
    }
  }

  async say(): Promise<void> {
    const message = this.#newMessage()
    if (message) await this.#send(message)
  }

  /** Without waiting for answers; some of them twice, as an impatient client does. */
  async sayManyAtOnce(): Promise<void> {
    const sends: Promise<unknown>[] = []
    for (let n = 2 + wholeNumber(this.#randomness, 5); n > 0; n--) {
      const message = this.#newMessage()
      if (!message) continue
      sends.push(this.#send(message))
      if (this.#randomness.fraction() < 0.3) sends.push(this.#send(message))
    }
    await Promise.all(sends)
  }

  /** Sends again what may have been answered long ago. */
  async repeat(): Promise<void> {
    const known = this.#pick(
      [...this.#world.ledger.sends.values()].filter(({ message }) => message.senderId === this.user),
    )
    if (known) await this.#send(known.message)
  }

  async reuseName(): Promise<void> {
    const known = this.#pick(
      [...this.#world.ledger.sends.values()].filter(({ message }) => message.senderId === this.user),
    )
    if (known) await this.#send({ ...known.message, text: `${this.#tenant.marker} another text ${this.#said++}` })
  }

  async read(): Promise<void> {
    const id = this.#conversation()
    if (!id) return
    const known = this.#world.ledger.read(this.user, id)
    const before = known.answered
    const seq = wholeNumber(this.#randomness, 20)
    known.asked = Math.max(known.asked, seq)
    const answer = await this.#try((server) =>
      server.call(this.#tenant.id, (messaging, scope) => messaging.markRead(scope, this.user, id, seq)),
    )
    if (!answer) return
    if (answer.readSeq < before) this.#violation(`was told the read position ${answer.readSeq} after ${before}`)
    known.answered = Math.max(known.answered, answer.readSeq)
  }

  /** What was acknowledged before one looks is there when one looks. */
  async lookBack(): Promise<void> {
    const id = this.#conversation()
    if (!id) return
    const promised = this.#world.ledger.acknowledged(id).map(({ answer }) => answer!)
    const before = wholeNumber(this.#randomness, 2) ? { before: 1 + wholeNumber(this.#randomness, 20) } : {}
    const page = await this.#try((server) =>
      server.call(this.#tenant.id, (messaging, scope) =>
        messaging.history(scope, this.user, id, { ...before, limit: 500 }),
      ),
    )
    for (const message of page ? promised : []) {
      const hidden = before.before !== undefined && message.seq >= before.before
      if (!hidden && page!.messages[message.seq - 1]?.id !== message.id) {
        this.#violation(`does not find #${message.seq}, which was acknowledged`)
      }
    }
  }

  async openInbox(): Promise<void> {
    const limit = 1 + wholeNumber(this.#randomness, 4)
    const page = await this.#try((server) =>
      server.call(this.#tenant.id, (messaging, scope) => messaging.inbox(scope, this.user, { limit })),
    )
    for (const { conversation, lastMessage, readSeq, unread } of page?.entries ?? []) {
      if (unread !== conversation.lastSeq - readSeq || (lastMessage?.seq ?? 0) !== conversation.lastSeq) {
        this.#violation(`has an inbox entry that contradicts itself in ${conversation.id}`)
      }
    }
  }

  async startConversation(): Promise<void> {
    const others = this.#tenant.users.filter((user) => user !== this.user)
    const kind = this.#randomness.fraction() < 0.5 ? 'direct' : 'group'
    const members = kind === 'direct' ? [this.#pick(others)!] : others.filter(() => this.#randomness.fraction() < 0.7)
    const made = await this.#try((server) =>
      server.call(this.#tenant.id, (messaging, scope) =>
        messaging.createConversation(scope, { kind, members, creator: this.user }),
      ),
    )
    if (!made) return
    this.#world.trace.note(`${this.#name} has a ${kind} conversation ${made.id} of ${made.members.length}`)
    this.#world.ledger.conversations.set(made.id, { tenantId: this.#tenant.id, kind, members: made.members })
  }

  async reconnect(): Promise<void> {
    await this.#pick(this.devices)!.connect()
  }

  /** Tries another tenant's conversation, and one of the own tenant without being in it. */
  async intrude(): Promise<void> {
    const foreign = [...this.#world.ledger.conversations].filter(([, { members }]) => !members.includes(this.user))
    const [id] = this.#pick(foreign) ?? []
    if (!id) return
    const server = this.#world.anyServer(this.#randomness)
    try {
      await server.call(this.#tenant.id, (messaging, scope) => messaging.history(scope, this.user, id, { limit: 1 }))
      this.#violation(`reads ${id} without being in it`)
    } catch (thrown) {
      if (!(thrown instanceof KoineError && thrown.code === 'not_found')) this.#world.expected(this.#name, thrown)
    }
  }

  async #send(message: NewMessage): Promise<void> {
    const { ledger, trace } = this.#world
    const known = ledger.asked(this.#tenant.id, message)
    const answer = await this.#try(async (server): Promise<Message | undefined> => {
      try {
        return await server.call(this.#tenant.id, (messaging, scope) => messaging.send(scope, message))
      } catch (thrown) {
        if (!(thrown instanceof KoineError && thrown.code === 'client_message_id_reused')) throw thrown
        if (known.texts.size === 1) this.#violation(`is told that ${message.clientMessageId} was used for another text`)
        return undefined
      }
    })
    if (!answer) return
    trace.note(`${this.#name} sent ${message.clientMessageId} as #${answer.seq} of ${message.conversationId}`)
    ledger.answered(this.#tenant.id, message, answer)
  }

  /** Asks this or that process until there is an answer, a few times. */
  async #try<T>(ask: (server: ReturnType<World['anyServer']>) => Promise<T>): Promise<T | undefined> {
    for (let attempt = 1; attempt <= triesMax; attempt++) {
      try {
        return await ask(this.#world.anyServer(this.#randomness))
      } catch (thrown) {
        this.#world.expected(this.#name, thrown)
        await sleep(this.#world.clock, this.#randomness.fraction() * 20 * attempt)
      }
    }
    return undefined
  }

  #newMessage(): NewMessage | undefined {
    const conversationId = this.#conversation()
    if (!conversationId) return undefined
    const clientMessageId = `${this.#name}-${++this.#said}`
    return { conversationId, senderId: this.user, clientMessageId, text: `${this.#tenant.marker} ${clientMessageId}` }
  }

  #conversation(): ConversationId | undefined {
    const own = [...this.#world.ledger.conversations].filter(([, { members }]) => members.includes(this.user))
    return this.#pick(own)?.[0]
  }

  #deed(): Deed[1] {
    let at = wholeNumber(this.#randomness, weights)
    for (const [weight, act] of deeds) if ((at -= weight) < 0) return act
    return deeds[0]![1]
  }

  #pick<T>(choices: readonly T[]): T | undefined {
    return choices[wholeNumber(this.#randomness, choices.length)]
  }

  #violation(what: string): void {
    this.#world.trace.violation(`${this.#name} ${what}`)
  }
}
