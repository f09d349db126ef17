import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
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

test('random bytes are a message or a ProtocolError', () => {
  fc.assert(fc.property(fc.constantFrom(...messages), fc.uint8Array({ maxLength: 300 }), decodesOrRefuses), {
    numRuns: 3000,
  })
})

test('a message with one byte changed is a message or a ProtocolError', () => {
  for (const each of messages) {
    const spoilt = fc.tuple(arbitraryMessage(each.message.fields, each.version), fc.nat(), fc.nat(255))
    fc.assert(
      fc.property(spoilt, ([value, at, byte]) => {
        const writer = new Writer()
        each.message.encode(writer, each.version, value)
        const bytes = Buffer.concat(writer.finish())
        if (bytes.length > 0) bytes[at % bytes.length] = byte
        decodesOrRefuses(each, bytes)
      }),
      { numRuns: 5 },
    )
  }
})

test('a message cut short anywhere is a ProtocolError', () => {
  for (const { name, message, version } of messages) {
    const [value] = fc.sample(arbitraryMessage(message.fields, version), { numRuns: 1, seed: 7 })
    const writer = new Writer()
    message.encode(writer, version, value!)
    const bytes = Buffer.concat(writer.finish())
    const step = Math.max(1, Math.floor(bytes.length / 40))
    for (let length = 0; length < bytes.length; length += step) {
      assert.throws(() => message.decode(new Reader(bytes.subarray(0, length)), version), ProtocolError, name)
    }
  }
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

test('an absurd length costs no memory', () => {
  const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed
  for (let i = 0; i < 1000; i++) {
    for (const [, bytes, read] of absurd) assert.throws(() => read(new Reader(Buffer.from(bytes, 'hex'))))
  }
  const after = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed
  assert.ok(after - before < 100 * 1024 * 1024)
})
