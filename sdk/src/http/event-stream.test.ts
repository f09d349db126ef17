import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type ServerSentEvent, serverSentEvents } from './event-stream.ts'

async function read(chunks: Uint8Array[]): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = []
  for await (const event of serverSentEvents(ReadableStream.from<Uint8Array>(chunks))) events.push(event)
  return events
}
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

test('fields, comments, several lines of data and every kind of line end are understood', async () => {
  assert.deepEqual(
    await read([bytes(': hello\n\nid: 1\ndata: a\ndata:b\n\nevent: error\r\ndata: {}\r\n\r\nretry: 5\n\n')]),
    [
      { id: '1', data: 'a\nb' },
      { event: 'error', data: '{}' },
    ],
  )
})

test('an event that is cut off is not told of', async () => {
  assert.deepEqual(await read([bytes('data: whole\n\ndata: half')]), [{ data: 'whole' }])
})

test('events come out the same wherever the bytes are cut', async () => {
  const text = 'id: 1\ndata: κοινή 👋\n\nid: 2\ndata: {"a": "b: c"}\n\n'
  const whole = bytes(text)
  const cuts = fc.array(fc.nat(whole.length), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(cuts, async (at) => {
      const ends = [...at.toSorted((a, b) => a - b), whole.length]
      const chunks = ends.map((end, index) => whole.slice(ends[index - 1] ?? 0, end))
      assert.deepEqual(await read(chunks), [
        { id: '1', data: 'κοινή 👋' },
        { id: '2', data: '{"a": "b: c"}' },
      ])
    }),
  )
})
