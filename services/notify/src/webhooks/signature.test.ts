import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandomness } from '@koine/base'
import { checkedWebhookSecret, makeWebhookSecret, signedHeaders } from './signature.ts'

/** The reference vector of Standard Webhooks. */
const vector = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  content: { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestampSeconds: 1614265330, body: '{"test": 2432232314}' },
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
}

test('the reference vector is signed as the specification says', () => {
  assert.deepEqual(signedHeaders(vector.content, [vector.secret]), {
    'webhook-id': vector.content.id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': vector.signature,
  })
})

test('two secrets make two signatures', () => {
  const other = makeWebhookSecret(systemRandomness)
  const { 'webhook-signature': both } = signedHeaders(vector.content, [other, vector.secret])
  assert.equal(both!.split(' ').length, 2)
  assert.equal(both!.split(' ')[1], vector.signature)
})

test('made secrets are taken, and what isn’t a secret is refused', () => {
  const made = makeWebhookSecret(systemRandomness)
  assert.equal(checkedWebhookSecret(made), made)
  const ofBytes = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 1).toString('base64')}`
  assert.equal(checkedWebhookSecret(ofBytes(24)), ofBytes(24))
  for (const secret of ['', 'whsec_', 'secret', ofBytes(23), ofBytes(65), 'whsec_!!!', `${ofBytes(24)} `]) {
    assert.throws(() => checkedWebhookSecret(secret), { code: 'invalid_request' }, secret)
  }
})
