import { type Operation, type OutboxEvent, tableLimits, type TenantScope } from '@koine/stores-ports'
import { messageSent } from './cloud-events.ts'
import type { Message } from './conversation.ts'
import { eventBytesMax } from './limits.ts'
import type { PendingSend } from './pending-send.ts'
import { encodeHead, encodeMessage, encodeSeq, headKey, messageKey, readPositionKey, sentKey } from './records.ts'

/** A message put, its name, its sender's read position, and an event that counts as two. */
const operationsOfSend = 5
const sendsMax = Math.floor((tableLimits.batchOperations - 1) / operationsOfSend)

/** Sends with the sequence numbers that they get if the head still is where we think. */
export interface SendBatch {
  readonly operations: readonly Operation[]
  readonly events: readonly OutboxEvent[]
  readonly messages: readonly Message[]
  /** What live delivery hands out, in the order of `messages`. */
  readonly liveEvents: readonly string[]
}

/** Operation 0 is the head, operation n + 1 the name of the nth send. */
export const headFailed = (failed: readonly number[]): boolean => failed.includes(0)
export const nameFailed = (failed: readonly number[], sends: number): boolean =>
  failed.some((index) => index > 0 && index <= sends)

/**
 * One conditional batch for several sends of one conversation: all of them get the numbers after `lastSeq`, or none does.
 * A sender has read what they wrote, so sending moves their read position.
 */
export function sendBatch(scope: TenantScope, sends: readonly PendingSend[], lastSeq: number): SendBatch {
  const { conversationId } = sends[0]!.message
  const head = { lastSeq: lastSeq + sends.length, activeAtMs: sends.at(-1)!.sentAtMs }
  const moveHead: Operation = {
    put: headKey(conversationId),
    attributes: encodeHead(head),
    if: { equals: { n: lastSeq } },
  }
  const names: Operation[] = []
  const puts: Operation[] = []
  const events: OutboxEvent[] = []
  const messages: Message[] = []
  const liveEvents: string[] = []
  const read = new Map<string, Operation>()
  for (const send of sends) {
    const seq = lastSeq + messages.length + 1
    const message = send.numbered(seq)
    const json = JSON.stringify(message)
    const { senderId, sentAt } = message
    messages.push(message)
    liveEvents.push(`{"type":"message","message":${json}}`)
    events.push(messageSent({ tenantId: scope.tenantId, conversationId, time: sentAt }, send.id, json))
    names.push({ put: sentKey(conversationId, send.name), attributes: encodeSeq(seq), if: 'absent' })
    puts.push({ put: messageKey(conversationId, seq), attributes: encodeMessage(message, send.sentAtMs) })
    read.set(senderId, { put: readPositionKey(conversationId, senderId), attributes: encodeSeq(seq) })
  }
  return { operations: [moveHead, ...names, ...puts, ...read.values()], events, messages, liveEvents }
}

/** How many of the waiting sends, from the first, fit into one batch. */
export function sendsThatFit(waiting: readonly PendingSend[]): number {
  let bytes = 0
  let count = 0
  while (count < waiting.length && count < sendsMax) {
    const { textBytes } = waiting[count]!
    bytes += textBytes + eventBytesMax(textBytes)
    if (count > 0 && bytes > tableLimits.batchBytes / 2) break
    count++
  }
  return count
}
