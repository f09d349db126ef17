import type { ServerFrame } from './server-frames.ts'

type Members = Readonly<Record<string, unknown>>
type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === 'string'
const isNumber: Check = (value) => typeof value === 'number'
const isFlag: Check = (value) => typeof value === 'boolean'
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText)
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)

const shape = (members: Readonly<Record<string, Check>>): Check => {
  const checks = Object.entries(members)
  return (value) =>
    typeof value === 'object' && value !== null && checks.every(([name, check]) => check((value as Members)[name]))
}

const isMessage = shape({
  id: isText,
  conversationId: isText,
  seq: isNumber,
  senderId: isText,
  clientMessageId: isText,
  text: isText,
  sentAt: isText,
})
const isConversation = shape({ id: isText, kind: isText, members: isTexts, createdAt: isText, lastSeq: isNumber })

const checks: { readonly [T in ServerFrame['type']]: Check } = {
  connected: shape({
    userId: isText,
    connectionId: isText,
    heartbeatMs: isNumber,
    limits: shape({ frameBytes: isNumber, textBytes: isNumber }),
  }),
  sent: shape({ ref: isText, message: isMessage }),
  message: shape({ message: isMessage }),
  read: shape({ ref: optional(isText), conversationId: isText, userId: isText, seq: isNumber }),
  conversation: shape({ conversation: isConversation }),
  caughtUp: shape({ ref: optional(isText), hasMore: isFlag, cursor: optional(isText), reset: optional(isFlag) }),
  cursor: shape({ cursor: isText }),
  pong: shape({}),
  error: shape({
    ref: optional(isText),
    code: isText,
    message: isText,
    retryable: isFlag,
    retryAfterMs: optional(isNumber),
  }),
}

/**
 * A server's frame from its text; undefined when it is no frame that this version knows, which a client ignores. It
 * checks what a client relies on, no more: the server is trusted, the network box between them perhaps not.
 */
export function decodeServerFrame(text: string): ServerFrame | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined // Not a frame of ours, such as a captive portal's page.
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { type } = value as Members
  if (typeof type !== 'string' || !Object.hasOwn(checks, type)) return undefined
  return checks[type as ServerFrame['type']](value) ? (value as ServerFrame) : undefined
}
