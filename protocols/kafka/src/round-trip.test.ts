import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Reader } from './reader.ts'
import { arbitraryMessage } from './testing/arbitrary.ts'
import { everyMessage } from './testing/versions.ts'
import { Writer } from './writer.ts'

test('every message of every version reads back as it was written', () => {
  for (const { name, message, version } of everyMessage()) {
    fc.assert(
      fc.property(arbitraryMessage(message.fields, version), (value) => {
        const writer = new Writer(16)
        message.encode(writer, version, value)
        const reader = new Reader(Buffer.concat(writer.finish()))
        assert.deepEqual(message.decode(reader, version), value, name)
        assert.equal(reader.remaining, 0, `${name} reads all that was written`)
      }),
      { numRuns: 15 },
    )
  }
})

test('what an encoder is not given takes its default', () => {
  for (const { name, message, version } of everyMessage()) {
    const optional = message.fields.filter((field) => Object.keys(field.options).length > 0)
    if (optional.length !== message.fields.length) continue
    const writer = new Writer()
    message.encode(writer, version, {})
    assert.ok(message.decode(new Reader(Buffer.concat(writer.finish())), version), name)
  }
})
