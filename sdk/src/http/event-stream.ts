import { KoineError } from '@koine/base/errors'
import { noAnswer } from './problem.ts'

/** One server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export interface ServerSentEvent {
  readonly id?: string
  readonly event?: string
  readonly data: string
}

const eventCharactersMax = 16 * 1024 * 1024

/** The events of a `text/event-stream` body, as they come. Ends with the body; ending the iteration cancels it. */
export async function* serverSentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent, void, void> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw noAnswer(cause)
      })
      if (done) return
      rest += decoder.decode(value, { stream: true })
      const blocks = rest.split(/\r\n\r\n|\n\n|\r\r/)
      rest = blocks.pop() ?? ''
      if (rest.length > eventCharactersMax)
        throw new KoineError('too_large', 'The server sent an event without an end.')
      for (const block of blocks) {
        const event = parseEvent(block)
        if (event) yield event
      }
    }
  } finally {
    // Already broken or ended: there is nothing left to cancel.
    await reader.cancel().catch(() => {})
  }
}

function parseEvent(block: string): ServerSentEvent | undefined {
  const data: string[] = []
  const fields: { id?: string; event?: string } = {}
  for (const line of block.split(/\r\n|\n|\r/)) {
    const [, name, value = ''] = /^([^:]+)(?:: ?(.*))?$/s.exec(line) ?? []
    if (name === 'data') data.push(value)
    else if (name === 'id' || name === 'event') fields[name] = value
  }
  return data.length === 0 ? undefined : { ...fields, data: data.join('\n') }
}
