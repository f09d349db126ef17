import { until } from '@koine/base/testing'
import { Kafka, logLevel } from 'kafkajs'
import type { ServerProcess } from '../server-process.ts'

export interface SeenEvent {
  readonly id: string
  readonly key: string
  readonly messageId: string
  readonly seq: number
}

interface MessageSent {
  readonly id: string
  readonly type: string
  readonly data: { readonly message: { readonly id: string; readonly seq: number } }
}

/** Every `koine.message.sent` on the tenant's topic from its beginning, repeats included, as a Kafka client reads it. */
export async function readMessageEvents(
  server: ServerProcess,
  enough: (seen: readonly SeenEvent[]) => boolean,
): Promise<SeenEvent[]> {
  const { id, secret } = server.demo.tenants[0]!.apiKey
  const kafka = new Kafka({
    clientId: 'kill-nine',
    brokers: [server.kafka],
    sasl: { mechanism: 'plain', username: id, password: secret },
    logLevel: logLevel.ERROR,
  })
  const consumer = kafka.consumer({ groupId: `kill-nine-${Date.now()}` })
  const seen: SeenEvent[] = []
  await consumer.connect()
  try {
    await consumer.subscribe({ topic: 'koine.messages', fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message }) => {
        const event = JSON.parse(message.value!.toString()) as MessageSent
        if (event.type !== 'koine.message.sent') return
        seen.push({
          id: event.id,
          key: message.key!.toString(),
          messageId: event.data.message.id,
          seq: event.data.message.seq,
        })
      },
    })
    await until('every message has had its event', () => enough(seen), 120_000)
    return seen
  } finally {
    await consumer.disconnect()
  }
}
