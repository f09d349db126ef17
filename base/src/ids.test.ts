import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messageIds, tenantIds } from './ids.ts'
import { seededRandomness } from './randomness.ts'

const at = (nowMs: number, seed = 1) => ({ clock: { now: () => nowMs }, randomness: seededRandomness(seed) })

test('the UUID of the TypeID specification encodes as it says', () => {
  // spec/valid.yml: 01890a5d-ac96-774b-bcce-b302099a8057 is prefix_01h455vb4pex5vsknk084sn02q.
  const bytes = Uint8Array.from(Buffer.from('01890a5dac96774bbcceb302099a8057', 'hex'))
  const randomness = { fill: (target: Uint8Array) => (target.set(bytes), target), fraction: () => 0 }
  const id = messageIds.make({ clock: { now: () => 0x01890a5dac96 }, randomness })
  assert.equal(id, 'msg_01h455vb4pex5vsknk084sn02q')
})

test('later ids sort after earlier ones', () => {
  const ids = [1, 2 ** 32, 2 ** 40, 2 ** 47].map((now) => messageIds.make(at(now)))
  assert.deepEqual([...ids].sort(), ids)
})

test('only an id of its own kind parses', () => {
  const id = tenantIds.make(at(Date.UTC(2026, 0, 1)))
  assert.equal(tenantIds.parse(id), id)
  for (const wrong of [
    messageIds.make(at(1)),
    id.toUpperCase(),
    `${id}0`,
    id.slice(1),
    id.replace(/.$/, 'u'),
    '',
    7,
    null,
  ]) {
    assert.equal(tenantIds.parse(wrong), undefined, String(wrong))
  }
})
