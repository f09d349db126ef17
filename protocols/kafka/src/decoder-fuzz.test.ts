import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readRequestHeaderRest, readRequestPrefix } from './headers.ts'
import { wireLimits } from './limits.ts'
import { ProtocolError } from './protocol-error.ts'
import { Reader } from './reader.ts'
import { arbitraryMessage } from './testing/arbitrary.ts'
import { everyMessage, type VersionedMessage } from './testing/versions.ts'
import { Writer } from './writer.ts'

const messages = everyMessage()

function decodesOrRefuses({ name, message, version }: VersionedMessage, bytes: Uint8Array): void {
  try {
    message.decode(new Reader(bytes), version)
  } catch (thrown) {
    assert.ok(thrown instanceof ProtocolError, `${name} throws ${String(thrown)}`)
  }
}

/** Some valid messages of each table and version, as bytes. */
function samples({ message, version }: VersionedMessage, count: number): Buffer[] {
  return fc.sample(arbitraryMessage(message.fields, version), { numRuns: count, seed: 7 }).map((value) => {
    const writer = new Writer()
    message.encode(writer, version, value)
    return Buffer.concat(writer.finish())
  })
}

test('random bytes are a message or a ProtocolError', () => {
  for (const each of messages) {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => decodesOrRefuses(each, bytes)),
      { numRuns: 20 },
    )
  }
})

test('small numbers, which pass for lengths, are a message or a ProtocolError', () => {
  for (const each of messages) {
    const small = fc.array(fc.nat(4), { maxLength: 300 }).map((bytes) => Uint8Array.from(bytes))
    fc.assert(
      fc.property(small, (bytes) => decodesOrRefuses(each, bytes)),
      { numRuns: 20 },
    )
  }
})

test('a message with any of its bits flipped is a message or a ProtocolError', () => {
  for (const each of messages) {
    for (const bytes of samples(each, 2)) {
      const step = Math.max(1, Math.floor((bytes.length * 8) / 150))
      for (let bit = 0; bit < bytes.length * 8; bit += step) {
        bytes[bit >> 3]! ^= 1 << (bit & 7)
        decodesOrRefuses(each, bytes)
        bytes[bit >> 3]! ^= 1 << (bit & 7)
      }
    }
  }
})

test('a message cut short anywhere is a ProtocolError', () => {
  for (const each of messages) {
    const { name, message, version } = each
    for (const bytes of samples(each, 1)) {
      const step = Math.max(1, Math.floor(bytes.length / 40))
      for (let length = 0; length < bytes.length; length += step) {
        assert.throws(() => message.decode(new Reader(bytes.subarray(0, length)), version), ProtocolError, name)
      }
    }
  }
})

test('a frame full of one number takes no more than its share of memory', () => {
  const frameBytes = 32 * 1024
  for (const byte of [0, 1, 2, 0x7f, 0x80, 0xff]) {
    const frame = Buffer.alloc(frameBytes, byte)
    const before = process.memoryUsage().heapUsed
    for (const each of messages) decodesOrRefuses(each, frame)
    const grown = process.memoryUsage().heapUsed - before
    // Garbage of all of them together; the most that one element costs is about a hundred bytes for each of its own.
    assert.ok(grown < messages.length * frameBytes * 100, `${grown} bytes for frames of ${byte}`)
  }
})

test('random request headers are a header or a ProtocolError', () => {
  fc.assert(
    fc.property(fc.constantFrom(...messages), fc.uint8Array({ maxLength: 60 }), ({ api, version }, bytes) => {
      try {
        const reader = new Reader(bytes)
        readRequestPrefix(reader)
        readRequestHeaderRest(reader, api, version)
      } catch (thrown) {
        assert.ok(thrown instanceof ProtocolError, String(thrown))
      }
    }),
    { numRuns: 2000 },
  )
})

/** Every way to declare more than there is, by what reads it. */
const absurd: readonly [what: string, bytes: string, read: (reader: Reader) => unknown][] = [
  ['an array of 2^31 - 1 elements', '7fffffff', (reader) => reader.arrayLength(1)],
  ['an array of -2 elements', 'fffffffe', (reader) => reader.nullableArrayLength(1)],
  ['a null array where none may be', 'ffffffff', (reader) => reader.arrayLength(1)],
  ['a compact array of 2^32 - 2 elements', 'ffffffff0f', (reader) => reader.compactArrayLength(1)],
  ['a string of 32767 bytes', '7fff', (reader) => reader.string()],
  ['a string of -2 bytes', 'fffe', (reader) => reader.nullableString()],
  ['a null string where none may be', 'ffff', (reader) => reader.string()],
  ['a compact string of 2^32 - 2 bytes', 'ffffffff0f', (reader) => reader.compactString()],
  ['a byte string of 2^31 - 1 bytes', '7fffffff', (reader) => reader.bytes()],
  ['a byte string of -2 bytes', 'fffffffe', (reader) => reader.nullableBytes()],
  ['a varint without an end', 'ffffffffffff', (reader) => reader.unsignedVarint()],
  ['a varint of 33 bits', 'ffffffff1f', (reader) => reader.unsignedVarint()],
  ['a mark of presence that is neither', '02', (reader) => reader.isPresent()],
  ['10,001 tagged fields', '914e', (reader) => reader.skipTaggedFields()],
  ['a tagged field of 2^32 - 1 bytes', '0100ffffffff0f', (reader) => reader.skipTaggedFields()],
]

for (const [what, bytes, read] of absurd) {
  test(`${what} is a ProtocolError`, () => {
    assert.throws(() => read(new Reader(Buffer.from(bytes, 'hex'))), ProtocolError)
  })
}

test('arrays of a message are bounded together, so that nesting does not get around it', () => {
  const half = Buffer.alloc(4)
  half.writeInt32BE(wireLimits.arrayElements / 2 + 1)
  const frame = Buffer.concat([half, half, Buffer.alloc(wireLimits.arrayElements)])
  const bounded = new Reader(frame)
  bounded.arrayLength(1)
  assert.throws(() => bounded.arrayLength(1), ProtocolError)
})

test('an array of 1,000,001 elements is a ProtocolError, although its frame has room for them', () => {
  const frame = Buffer.alloc(4 + wireLimits.arrayElements + 1)
  frame.writeInt32BE(wireLimits.arrayElements + 1)
  assert.throws(() => new Reader(frame).arrayLength(1), ProtocolError)
  frame.writeInt32BE(wireLimits.arrayElements)
  assert.equal(new Reader(frame).arrayLength(1), wireLimits.arrayElements)
})

test('tagged fields of a message are bounded together, so that an array of structures does not get around it', () => {
  const { name, message, version } = messages.find(({ name }) => name === 'CreateTopics request 7')!
  // Each topic: an empty name, numbers, empty arrays, and 200 tagged fields without content.
  const topic = Buffer.concat([
    Buffer.from('01ffffffffffff0101c801', 'hex'),
    ...Array.from({ length: 200 }, () => Buffer.from('0900', 'hex')),
  ])
  const request = (topics: number): Buffer => {
    const all = Array<Uint8Array>(topics).fill(topic)
    return Buffer.concat([Buffer.from([topics + 1]), ...all, Buffer.from('000000000000', 'hex')])
  }
  assert.ok(message.decode(new Reader(request(50)), version), name)
  assert.throws(() => message.decode(new Reader(request(51)), version), /tagged fields/)
})

test('a text that is not UTF-8 is refused when it would grow over what a string may be', () => {
  const text = (bytes: number): Buffer => {
    const frame = Buffer.alloc(2 + bytes, 0xff)
    frame.writeInt16BE(bytes)
    return frame
  }
  assert.equal(new Reader(text(10_000)).string(), '\ufffd'.repeat(10_000))
  assert.throws(() => new Reader(text(32_767)).string(), ProtocolError)
})

test('an error message that quotes too much is cut, and the greatest integer goes out as it came in', () => {
  const writer = new Writer()
  writer.errorMessage('€'.repeat(32_767))
  writer.int64(2 ** 63)
  const reader = new Reader(Buffer.concat(writer.finish()))
  assert.match(reader.string(), /^€{10000,}…$/)
  assert.equal(Buffer.from(reader.rest()).toString('hex'), '7fffffffffffffff')
})

test('an absurd length costs no memory', () => {
  const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed
  for (let i = 0; i < 1000; i++) {
    for (const [, bytes, read] of absurd) assert.throws(() => read(new Reader(Buffer.from(bytes, 'hex'))))
  }
  const after = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed
  assert.ok(after - before < 100 * 1024 * 1024)
})
