import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { CorkedWrites } from './corked-writes.ts'

/** A socket that notes what each system call would carry. */
function openSocket(): { socket: Duplex; calls: string[] } {
  const calls: string[] = []
  const socket = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _, done) => {
      calls.push(chunk.toString())
      done()
    },
    writev: (chunks, done) => {
      calls.push(chunks.map(({ chunk }) => (chunk as Buffer).toString()).join(''))
      done()
    },
  })
  return { socket, calls }
}

test('what one turn writes to a socket goes in one call, for each of many sockets', async () => {
  const writes = new CorkedWrites()
  const sockets = [openSocket(), openSocket(), openSocket()]
  for (const text of ['a', 'b', 'c']) for (const { socket } of sockets) writes.write(socket, Buffer.from(text))
  await Promise.resolve()
  for (const { calls } of sockets) assert.deepEqual(calls, [])
  await turn()
  for (const { calls } of sockets) assert.deepEqual(calls, ['abc'])
  writes.write(sockets[0]!.socket, Buffer.from('d'))
  await turn()
  assert.deepEqual(sockets[0]!.calls, ['abc', 'd'])
})

test('a turn that writes much does not pile it up', async () => {
  const writes = new CorkedWrites()
  const { socket, calls } = openSocket()
  const chunk = Buffer.alloc(10_000, 'x')
  let most = 0
  for (let n = 0; n < 100; n++) {
    writes.write(socket, chunk)
    most = Math.max(most, socket.writableLength)
  }
  await turn()
  assert.ok(most <= socket.writableHighWaterMark + chunk.length)
  assert.equal(calls.join('').length, 1_000_000)
})

test('a socket that is gone meanwhile does no harm', async () => {
  const writes = new CorkedWrites()
  const { socket, calls } = openSocket()
  socket.on('error', () => {}) // A write after the end may be reported.
  writes.write(socket, Buffer.from('a'))
  socket.destroy()
  writes.write(socket, Buffer.from('b'))
  await turn()
  assert.deepEqual(calls, [])
})
