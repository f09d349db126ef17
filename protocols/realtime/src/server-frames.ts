import type { ErrorCode } from '@koine/base/errors'
import { type Static, Type } from 'typebox'
import { conversationSchema, messageSchema, type RealtimeConversation, type RealtimeMessage } from './shapes.ts'

const seq = Type.Integer({ minimum: 0 })
const ref = Type.String()

/** What the server sends, by type. A client ignores types and members that it doesn't know. */
export const serverFrameSchemas = {
  connected: Type.Object({
    type: Type.Literal('connected'),
    userId: Type.String(),
    connectionId: Type.String(),
    heartbeatMs: Type.Integer({ minimum: 1 }),
    limits: Type.Object({ frameBytes: Type.Integer({ minimum: 1 }), textBytes: Type.Integer({ minimum: 1 }) }),
  }),
  sent: Type.Object({ type: Type.Literal('sent'), ref, message: messageSchema }),
  message: Type.Object({ type: Type.Literal('message'), message: messageSchema }),
  read: Type.Object({
    type: Type.Literal('read'),
    /** Only in the answer to this client's own read frame. */
    ref: Type.Optional(ref),
    conversationId: Type.String(),
    userId: Type.String(),
    seq,
  }),
  conversation: Type.Object({ type: Type.Literal('conversation'), conversation: conversationSchema }),
  caughtUp: Type.Object({
    type: Type.Literal('caughtUp'),
    /** Of the catchUp frame; absent after connect. */
    ref: Type.Optional(ref),
    /** True: ask again with the positions that the client holds now. */
    hasMore: Type.Boolean(),
    /** How far the client has everything of its user's, to be given when it connects again. */
    cursor: Type.Optional(Type.String()),
    /** True: the client's cursor is too old; ask with positions, or start over from the inbox. */
    reset: Type.Optional(Type.Boolean()),
  }),
  /** The client has everything up to here, which takes the place of an earlier cursor. */
  cursor: Type.Object({ type: Type.Literal('cursor'), cursor: Type.String() }),
  pong: Type.Object({ type: Type.Literal('pong') }),
  error: Type.Object({
    type: Type.Literal('error'),
    ref: Type.Optional(ref),
    /** A code of the error table. A newer server may send one that this client doesn't know. */
    code: Type.Unsafe<ErrorCode>(Type.String()),
    message: Type.String(),
    retryable: Type.Boolean(),
    retryAfterMs: Type.Optional(Type.Integer({ minimum: 0 })),
  }),
}

export type ServerFrameType = keyof typeof serverFrameSchemas

type Inferred<T extends ServerFrameType> = Readonly<Static<(typeof serverFrameSchemas)[T]>>
/** A message or conversation in a frame is the shape by name, readonly all through; an error's `message` is a text. */
type WithShapes<F> = {
  readonly [K in keyof F]: K extends 'message'
    ? Shape<F[K], RealtimeMessage>
    : K extends 'conversation'
      ? RealtimeConversation
      : F[K]
}
type Shape<Value, Wanted> = Value extends string ? Value : Wanted

export type ServerFrameOf<T extends ServerFrameType> = WithShapes<Inferred<T>>
export type ServerFrame = { [T in ServerFrameType]: ServerFrameOf<T> }[ServerFrameType]
