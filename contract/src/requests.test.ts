import assert from 'node:assert/strict'
import test from 'node:test'
import { type AnswerOf, type BodyOf, pathOf, type RequestOf } from './index.ts'

test('a path is filled in with encoded parameters and the query that was given', () => {
  assert.equal(pathOf('getUser', { params: { userId: 'a/b?c' } }), '/v1/users/a%2Fb%3Fc')
  assert.equal(pathOf('getInbox', { query: { limit: 5 } }), '/v1/inbox?limit=5')
  assert.equal(pathOf('getInbox', {}), '/v1/inbox')
  const request: RequestOf<'listMessages'> = { params: { conversationId: 'conv_1' }, query: { after: 0, limit: 2 } }
  assert.equal(pathOf('listMessages', request), '/v1/conversations/conv_1/messages?after=0&limit=2')
})

test('requests and answers are typed by the table', () => {
  const body: BodyOf<'createConversation'> = { kind: 'direct', members: ['user_1'] }
  const answer: AnswerOf<'sendMessage'>['seq'] = 1
  const nothing: AnswerOf<'deleteTenant'> = undefined
  // @ts-expect-error A message needs its text.
  const incomplete: RequestOf<'sendMessage'> = { params: { conversationId: 'c' }, body: { clientMessageId: 'x' } }
  // @ts-expect-error A stream needs its topic.
  const withoutTopic: RequestOf<'streamEvents'> = {}
  assert.deepEqual([body.kind, answer, nothing], ['direct', 1, undefined])
  assert.ok(incomplete && withoutTopic)
})
