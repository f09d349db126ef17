import { KoineError } from '@koine/base'
import { type NewJob, queueLimits } from './queue.ts'

const refuse = (message: string): never => {
  throw new KoineError('invalid_request', message)
}

/** @throws KoineError `invalid_request` */
export function checkQueueName(queue: string): void {
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(queue) || queue.length > queueLimits.queueNameCharacters) {
    refuse(`The name of a queue is 1 to ${queueLimits.queueNameCharacters} of a-z, 0-9, ".", "_" and "-".`)
  }
}

/** @throws KoineError `invalid_request`, `too_large` */
export function checkNewJob({ body, delayMs = 0, priority = 0, deduplicationKey }: NewJob): void {
  if (!(delayMs >= 0 && delayMs <= queueLimits.delayMs)) refuse(`The delay of a job is 0 to ${queueLimits.delayMs} ms.`)
  if (!Number.isInteger(priority) || priority < 0 || priority > 9) refuse('The priority of a job is 0 to 9.')
  if (deduplicationKey === '') refuse('A deduplication key is not empty.')
  if (Buffer.byteLength(body) > queueLimits.bodyBytes) {
    throw new KoineError('too_large', `The body of a job is over ${queueLimits.bodyBytes} bytes.`)
  }
}

/** @throws KoineError `invalid_request` */
export function checkDeadLetterLimit(limit: number): void {
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= 100))
    refuse('A list of dead letters takes a limit of 1 to 100.')
}

/** Where a page of dead letters ended: a place, with the format's version in front. */
export const encodeDeadCursor = (place: string): string => Buffer.from(`1${place}`).toString('base64url')

/** @throws KoineError `invalid_request` */
export function decodeDeadCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString()
  return /^1\d{23}$/.test(text) && encodeDeadCursor(text.slice(1)) === cursor
    ? text.slice(1)
    : refuse('The cursor of the dead letters is not one that was given out.')
}
