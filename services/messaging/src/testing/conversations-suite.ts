import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type UserId, conversationIds, userIds } from '@koine/base'
import type { ConversationKind } from '../conversation.ts'
import { Fixture, refusal } from './messaging-fixture.ts'
import type { Open } from './messaging-suite.ts'

export function conversationTests(open: Open): void {
  test('a pair has one direct conversation, in whatever order it is named', async () => {
    await using at = new Fixture(await open())
    const first = await at.conversation('direct', [at.asha, at.ben])
    const again = await at.conversation('direct', [at.ben, at.asha, at.ben])
    const byCreator = await at.messaging.createConversation(at.acme, {
      kind: 'direct',
      members: [at.asha],
      creator: at.ben,
    })
    assert.deepEqual(again, first)
    assert.equal(byCreator.id, first.id)
    assert.notEqual((await at.conversation('direct', [at.asha, at.carl])).id, first.id)
  })

  test('a pair whose conversation two nodes make at once gets one', async () => {
    await using at = new Fixture(await open())
    const wish = { kind: 'direct' as const, members: [at.asha, at.ben] }
    const nodes = [at.messaging, at.node(), at.node(), at.node()]
    const made = await Promise.all(nodes.map((node) => node.createConversation(at.acme, wish)))
    assert.equal(new Set(made.map(({ id }) => id)).size, 1)
    assert.equal((await at.messaging.inbox(at.acme, at.asha, { limit: 10 })).entries.length, 1)
  })

  test('a group made again under the id of an earlier try is that group', async () => {
    await using at = new Fixture(await open())
    const id = conversationIds.make(at)
    const wish = { kind: 'group' as const, members: [at.asha, at.ben, at.carl], id }
    const first = await at.messaging.createConversation(at.acme, wish)
    await at.say(first, at.asha, 'first')
    const again = await at.node().createConversation(at.acme, wish)
    assert.deepEqual(again, { ...first, lastSeq: 1 })
    assert.equal((await at.messaging.inbox(at.acme, at.asha, { limit: 10 })).entries.length, 1)
  })

  test('a group of more members than a batch takes is in every inbox', async () => {
    await using at = new Fixture(await open())
    const members = Array.from({ length: 333 }, () => at.user(at.acme))
    const group = await at.conversation('group', members)
    assert.deepEqual(group.members, members)
    for (const member of [members[0]!, members[94]!, members[95]!, members[332]!]) {
      const { entries } = await at.messaging.inbox(at.acme, member, { limit: 10 })
      assert.deepEqual(
        entries.map(({ conversation }) => conversation.id),
        [group.id],
      )
    }
  })

  test('making a conversation is told in an event of its own', async () => {
    await using at = new Fixture(await open())
    const group = await at.conversation('group', [at.asha, at.ben, at.carl])
    const [pending] = await at.acme.tables.outbox.pending(10)
    const event = JSON.parse(pending!.body) as Record<string, unknown>
    assert.equal(pending!.topic, 'koine.messages')
    assert.equal(pending!.key, group.id)
    assert.deepEqual(event, {
      specversion: '1.0',
      id: pending!.id,
      source: `/tenants/${at.acme.tenantId}/messaging`,
      type: 'koine.conversation.created',
      subject: group.id,
      time: group.createdAt,
      datacontenttype: 'application/json',
      data: { conversation: group },
    })
  })

  test('a conversation is there for its members only', async () => {
    await using at = new Fixture(await open())
    const { id } = await at.conversation()
    const { messaging, acme, globex, asha, carl } = at
    assert.equal((await messaging.conversation(acme, asha, id)).id, id)
    assert.equal(await refusal(messaging.conversation(acme, carl, id)), 'not_found')
    assert.equal(await refusal(messaging.conversation(globex, asha, id)), 'not_found')
    assert.equal(await refusal(messaging.conversation(acme, asha, conversationIds.make(at))), 'not_found')
    assert.equal(
      await refusal(messaging.conversation(acme, asha, conversationIds.parse('\0') ?? ('\0' as typeof id))),
      'not_found',
    )
  })

  test('a conversation with members that cannot be is refused', async () => {
    await using at = new Fixture(await open())
    const { asha, ben, carl } = at
    const stranger = at.user(at.globex)
    const check = async (kind: string, members: readonly string[], code: string): Promise<void> => {
      const wish = { kind: kind as ConversationKind, members: members as UserId[] }
      assert.equal(await refusal(at.messaging.createConversation(at.acme, wish)), code, `${kind} of ${members.length}`)
    }
    await check('direct', [], 'invalid_request')
    await check('direct', [asha], 'invalid_request')
    await check('direct', [asha, asha], 'invalid_request')
    await check('direct', [asha, ben, carl], 'invalid_request')
    await check('group', [], 'invalid_request')
    await check('broadcast', [asha, ben], 'invalid_request')
    await check(
      'group',
      Array.from({ length: 1001 }, () => userIds.make(at)),
      'invalid_request',
    )
    await check('direct', [asha, userIds.make(at)], 'not_found')
    await check('direct', [asha, stranger], 'not_found')
    await check('group', [asha, 'ben'], 'not_found')
    await check('group', [asha, 'user_\0'], 'not_found')
  })
}
