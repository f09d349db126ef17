import { type ErrorCode, errorTable, KoineError } from '@koine/base/errors'
import { serverSentEvents } from './event-stream.ts'

/** A piece of a stream, with where to go on from behind it. */
export interface Streamed {
  readonly cursor: string
  /** JSON. */
  readonly data: string
}

/**
 * What a stream of the server tells, as it comes. Ends when the server ends it, as at a restart. Aborting the signal ends
 * it without an error.
 */
export async function* streamed(
  open: () => Promise<Response>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Streamed, void, void> {
  try {
    const { body } = await open()
    if (!body) return
    for await (const { id, event, data } of serverSentEvents(body)) {
      if (event === 'error') throw errorOf(data)
      if (id !== undefined) yield { cursor: id, data }
    }
  } catch (thrown) {
    if (!signal?.aborted) throw thrown
  }
}

/** A stream that fails once begun ends with a problem as its last event. */
function errorOf(data: string): KoineError {
  const { code, detail } = JSON.parse(data) as { code?: string; detail?: string }
  const known = code !== undefined && Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'internal'
  return new KoineError(known, detail ?? 'The stream of events failed.')
}
