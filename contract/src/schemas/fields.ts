import { Type } from 'typebox'

/** A TypeID: prefix, `_`, 26 characters of base32. */
const idOf = (prefix: string, what: string, example: string) =>
  Type.String({
    pattern: `^${prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$`,
    description: `The id of ${what}.`,
    examples: [example],
  })

export const exampleIds = {
  tenant: 'tenant_01kb2x3yt4e5v8p9q0r1s2t3v4',
  key: 'key_01kb2x3yt4e5v8p9q0r1s2t3v5',
  asha: 'user_01kb2x3yt4e5v8p9q0r1s2t3v6',
  ben: 'user_01kb2x3yt4e5v8p9q0r1s2t3v7',
  conversation: 'conv_01kb2x3yt4e5v8p9q0r1s2t3v8',
  message: 'msg_01kb2x3yt4e5v8p9q0r1s2t3v9',
} as const

export const TenantId = idOf('tenant', 'a tenant', exampleIds.tenant)
export const ApiKeyId = idOf('key', 'an API key', exampleIds.key)
export const UserId = idOf('user', 'a user', exampleIds.asha)
export const ConversationId = idOf('conv', 'a conversation', exampleIds.conversation)
export const MessageId = idOf('msg', 'a message', exampleIds.message)

export const exampleTime = '2026-11-21T09:30:00.000Z'

/** A moment, always with milliseconds and in UTC in answers. */
export const Time = Type.String({
  format: 'date-time',
  description: 'ISO 8601, UTC.',
  examples: [exampleTime],
})

export const Name = Type.String({
  minLength: 1,
  maxLength: 200,
  description: 'Without control characters; space around it is dropped.',
})

/** The place of a message in its conversation: 1 for the first, without gaps. */
export const Seq = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
/** As `Seq`, with 0 for "before the first". */
export const SeqOrZero = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

export const Limit = Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'At most this many.' })
export const Cursor = Type.String({
  minLength: 1,
  maxLength: 4096,
  description: 'The `nextCursor` of the page before. Opaque.',
})
