import { type Static, Type } from 'typebox'
import { realtimeLimits as limits } from './limits.ts'

const seq = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const conversationId = Type.String({ minLength: 1, maxLength: limits.idCharacters })
/** Chosen by the client, one per request in flight; the answer repeats it. */
const ref = Type.String({ minLength: 1, maxLength: limits.refCharacters })
/** The highest sequence number that the client holds without a gap, by conversation. */
const positions = Type.Record(Type.String(), seq, { maxProperties: limits.heldConversations })

/** As the server gave it. */
const cursor = Type.String({ minLength: 1, maxLength: limits.cursorCharacters })

/** What a client sends, by type. Members that are not named here are ignored. */
export const clientFrameSchemas = {
  connect: Type.Object({
    type: Type.Literal('connect'),
    token: Type.String({ minLength: 1, maxLength: limits.tokenCharacters }),
    resume: Type.Optional(positions),
    cursor: Type.Optional(cursor),
  }),
  send: Type.Object({
    type: Type.Literal('send'),
    ref,
    conversationId,
    clientMessageId: Type.String({ minLength: 1, maxLength: limits.clientMessageIdCharacters }),
    text: Type.String({ minLength: 1 }),
  }),
  read: Type.Object({ type: Type.Literal('read'), ref, conversationId, seq }),
  catchUp: Type.Object({
    type: Type.Literal('catchUp'),
    ref,
    held: Type.Optional(positions),
    /** Counts where both are given; with neither, nothing is held. */
    cursor: Type.Optional(cursor),
  }),
  ping: Type.Object({ type: Type.Literal('ping') }),
}

export type ClientFrameType = keyof typeof clientFrameSchemas
export type ClientFrameOf<T extends ClientFrameType> = Readonly<Static<(typeof clientFrameSchemas)[T]>>
export type ClientFrame = { [T in ClientFrameType]: ClientFrameOf<T> }[ClientFrameType]
