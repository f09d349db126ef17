import type { DeviceId, UserId } from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'
import type { MessageFacts } from '../conversations.ts'
import type { PushMessage } from './push-message.ts'

/*
 * The two queues of push. `due` has one job for each message, after the grace time; it finds whom nobody's device has
 * told, and makes one job for each of their devices on `send`. Bodies are JSON with their format in `v`.
 */
export const dueQueue = 'notify.push-due'
export const sendQueue = 'notify.push-send'

const formatVersion = 1

/** A message whose grace time is over, from some recipient on. */
export interface DueJob {
  readonly message: MessageFacts
  /** The last recipient who was seen to. */
  readonly after?: UserId
}

/** One push to one device. */
export interface SendJob {
  readonly user: UserId
  readonly device: DeviceId
  readonly message: PushMessage
  /** 0 for the first try. */
  readonly tries: number
  /** How often it found no place to run. */
  readonly turns?: number
}

export async function enqueueDue(scope: TenantScope, job: DueJob, delayMs: number): Promise<void> {
  const { conversationId, seq } = job.message
  await scope.queue.enqueue(dueQueue, {
    body: JSON.stringify({ v: formatVersion, ...job }),
    delayMs,
    // The event may come again, and so may the job that makes the next page.
    deduplicationKey: `${conversationId} ${seq} ${job.after ?? ''}`,
  })
}

export async function enqueueSend(scope: TenantScope, job: SendJob, delayMs: number): Promise<void> {
  const { conversationId, seq } = job.message
  await scope.queue.enqueue(sendQueue, {
    body: JSON.stringify({ v: formatVersion, ...job }),
    delayMs,
    deduplicationKey: `${job.device} ${conversationId} ${seq} ${job.tries} ${job.turns ?? 0}`,
  })
}

/** Throw for a job of a later program: it stays for that one. */
export const dueJobOf = (body: string): DueJob => known(body) as unknown as DueJob
export const sendJobOf = (body: string): SendJob => known(body) as unknown as SendJob

function known(body: string): Record<string, unknown> {
  const { v, ...job } = JSON.parse(body) as { v: number } & Record<string, unknown>
  if (v > formatVersion) throw new Error(`A push job has format ${v}; this program reads ${formatVersion}.`)
  return job
}
