import { Kafka, logLevel, type Message } from 'kafkajs'
import type { KoineProcess } from './koine-process.ts'

/** A real Kafka client of the tenant. */
export class KafkaClient {
  readonly #kafka: Kafka

  constructor({ kafka, apiKey }: KoineProcess) {
    const [username, password] = apiKey.split('.') as [string, string]
    this.#kafka = new Kafka({
      clientId: 'browser-test',
      brokers: [kafka],
      sasl: { mechanism: 'plain', username, password },
      logLevel: logLevel.NOTHING,
    })
  }

  async createTopic(topic: string, numPartitions = 1): Promise<void> {
    const admin = this.#kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic, numPartitions }] })
    await admin.disconnect()
  }

  async produce(topic: string, messages: Message[]): Promise<void> {
    const producer = this.#kafka.producer()
    await producer.connect()
    await producer.send({ topic, messages })
    await producer.disconnect()
  }

  async commitOffsets(groupId: string, topic: string, offsets: readonly number[]): Promise<void> {
    const admin = this.#kafka.admin()
    await admin.connect()
    const partitions = offsets.map((offset, partition) => ({ partition, offset: String(offset) }))
    await admin.setOffsets({ groupId, topic, partitions })
    await admin.disconnect()
  }

  /** Joins a group and reads until disposed; resolves when it has its partitions. */
  async join(groupId: string, topic: string): Promise<AsyncDisposable> {
    const consumer = this.#kafka.consumer({ groupId, maxWaitTimeInMs: 200 })
    const joined = new Promise<void>((resolve) => void consumer.on(consumer.events.GROUP_JOIN, () => resolve()))
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({ eachMessage: async () => {} })
    await joined
    return { [Symbol.asyncDispose]: () => consumer.disconnect() }
  }
}
