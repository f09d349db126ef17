import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fixture, openMemory, refusal } from './testing/messaging-fixture.ts'

test('conversations that were forgotten are read again', async () => {
  await using at = new Fixture(openMemory(), { rememberedMembersMax: 5 })
  const groups = []
  for (let n = 0; n < 6; n++) groups.push(await at.conversation('group', [at.asha, at.ben]))
  for (const round of [1, 2, 3]) {
    for (const group of groups) assert.equal((await at.say(group, at.asha, `m${round}`)).seq, round)
  }
  const { entries } = await at.messaging.inbox(at.acme, at.ben, { limit: 10 })
  assert.deepEqual(
    entries.map(({ unread }) => unread),
    [3, 3, 3, 3, 3, 3],
  )
})

test('a stale hint of the last number costs a try and nothing else', async () => {
  await using at = new Fixture(openMemory())
  const pair = await at.conversation()
  await at.say(pair, at.asha, 'a')
  const other = at.node()
  const message = { conversationId: pair.id, senderId: at.ben, clientMessageId: 'b', text: 'b' }
  assert.equal((await other.send(at.acme, message)).seq, 2)
  assert.equal((await at.say(pair, at.asha, 'c')).seq, 3)
  assert.equal((await other.send(at.acme, { ...message, clientMessageId: 'd' })).seq, 4)
})

test('a conversation that went with its tenant answers not_found, remembered or not', async () => {
  const open = openMemory()
  await using at = new Fixture(open)
  const pair = await at.conversation()
  await open.stores.tables.dropTenant(at.acme.tenantId)
  assert.equal(await refusal(at.say(pair, at.asha, 'a')), 'not_found')
  assert.equal(await refusal(at.say(pair, at.asha, 'b')), 'not_found')
})
