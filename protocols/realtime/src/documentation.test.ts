import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type ErrorCode, errorTable } from '@koine/base/errors'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { clientFrameSchemas, type ClientFrameType } from './client-frames.ts'
import { closeCodes, mayReconnect } from './close-codes.ts'
import { decodeClientFrame } from './decode-client-frame.ts'
import { decodeServerFrame } from './decode-server-frame.ts'
import { realtimeLimits } from './limits.ts'
import { serverFrameSchemas, type ServerFrameType } from './server-frames.ts'

const page = readFileSync(new URL('../../../docs/realtime.md', import.meta.url), 'utf8')

const examples = [...page.matchAll(/```json\n(.*?)\n```/gs)].map(([, text]) => text!)
const fits = (text: string, schemas: Readonly<Record<string, TSchema>>): string | undefined => {
  const frame = JSON.parse(text) as { type: string }
  const schema = schemas[frame.type]
  return schema && Value.Check(schema, frame) ? frame.type : undefined
}

/** The cells of the table under a heading, without its head. */
function table(heading: string): string[][] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('|'))
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  )
}

test('every example in docs/realtime.md is a frame as the schemas describe it', () => {
  for (const text of examples) {
    assert.ok(fits(text, clientFrameSchemas) ?? fits(text, serverFrameSchemas), text)
  }
})

test('docs/realtime.md shows every frame', () => {
  const client = new Set(
    examples.filter((text) => decodeClientFrame(text).type !== 'problem').map((text) => fits(text, clientFrameSchemas)),
  )
  const server = new Set(examples.filter(decodeServerFrame).map((text) => fits(text, serverFrameSchemas)))
  for (const type of Object.keys(clientFrameSchemas) as ClientFrameType[]) assert.ok(client.has(type), type)
  for (const type of Object.keys(serverFrameSchemas) as ServerFrameType[]) assert.ok(server.has(type), type)
})

test('docs/realtime.md has the close codes as they are', () => {
  const expected = Object.entries(closeCodes).map(([name, { code, reason }]) => [
    String(code),
    name,
    reason,
    mayReconnect(code) ? 'yes' : 'no',
  ])
  assert.deepEqual(table('Close codes'), expected)
})

test('docs/realtime.md has the limits as they are', () => {
  const documented = table('Limits').map(([name, value]) => [name!, Number(value)] as const)
  assert.deepEqual(Object.fromEntries(documented), realtimeLimits)
})

test('docs/realtime.md names error codes of the table, with what it says of them', () => {
  const rows = table('Errors')
  assert.ok(rows.length > 5)
  for (const [code = '', retryable] of rows) {
    assert.equal(errorTable[code as ErrorCode]?.retryable, retryable === 'yes', code)
  }
})
