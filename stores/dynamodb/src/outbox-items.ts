import { createHash } from 'node:crypto'
import type { AttributeValue as Wire } from '@aws-sdk/client-dynamodb'
import { type EventId, invariant } from '@koine/base'
import type { OutboxEvent, PendingEvent } from '@koine/stores-ports'
import type { Item, ItemKey } from './item.ts'

/**
 * Events of one (topic, key) are numbered by a head item, changed on the condition that nobody else did, in the
 * transaction that puts the events: commit order is the order of numbers, and there are no gaps.
 *
 *     head   p = `head:<line>`     s = one zero byte             n = the last number given
 *     event  p = `outbox:<shard>`  s = 20 bytes of the line,      i, o, k, b = id, topic, key, body
 *                                      8 of the number
 *
 * where the line is the SHA-1 of topic and key. No partition of a record begins with a letter. A few shards spread the
 * writes, and looking through them all finds every pending event.
 */
export const outboxShards = 4
const lineBytes = 20
const headSortKey: Wire.BMember = { B: Uint8Array.of(0) }

/** Names the line of a (topic, key), in hexadecimal digits. */
export const lineOf = ({ topic, key }: Pick<OutboxEvent, 'topic' | 'key'>): string =>
  createHash('sha1').update(`${topic.length}:${topic}:${key}`).digest('hex')

export const headKey = (line: string): ItemKey => ({
  p: { S: `head:${line}` },
  s: headSortKey,
})

export const shardPartition = (shard: number): Wire.SMember => ({ S: `outbox:${shard}` })

export function eventKey(line: string, number: number): ItemKey {
  const s = Buffer.alloc(lineBytes + 8)
  s.write(line, 'hex')
  s.writeBigUInt64BE(BigInt(number), lineBytes)
  return { p: shardPartition(s[0]! % outboxShards), s: { B: s } }
}

export function encodeEvent(line: string, number: number, { id, topic, key, body }: OutboxEvent): Item {
  return { ...eventKey(line, number), i: { S: id }, o: { S: topic }, k: { S: key }, b: { S: body } }
}

export interface StoredEvent {
  readonly line: string
  readonly number: number
  readonly event: PendingEvent
}

export function decodeEvent(item: Item): StoredEvent {
  const { p, s, i, o, k, b } = item
  invariant(p?.S && s?.B && i?.S && o?.S && k?.S !== undefined && b?.S !== undefined, 'An item of the outbox is whole.')
  const place = Buffer.from(s.B)
  const position = `${p.S}:${place.toString('base64url')}`
  return {
    line: place.toString('hex', 0, lineBytes),
    number: Number(place.readBigUInt64BE(lineBytes)),
    event: { id: i.S as EventId, topic: o.S, key: k.S, body: b.S, position },
  }
}

export function keyOfPosition(position: string): ItemKey {
  const cut = position.lastIndexOf(':')
  return { p: { S: position.slice(0, cut) }, s: { B: Buffer.from(position.slice(cut + 1), 'base64url') } }
}
