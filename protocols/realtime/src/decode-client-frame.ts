import type { ClientFrame, ClientFrameOf } from './client-frames.ts'
import { realtimeLimits as limits } from './limits.ts'

/**
 * A text that is no valid client frame. With a `ref` the request can be refused with an error frame; without one nobody
 * could tell what the refusal answers, so the connection is closed with `badFrame`.
 */
export interface FrameProblem {
  readonly type: 'problem'
  readonly ref?: string
  /** What is wrong with which member; never a part of the content. */
  readonly message: string
}

type Members = Readonly<Record<string, unknown>>

/**
 * A client's frame from its text. Strict about types and bounds; members it doesn't know are left alone and ignored.
 *
 * The checks are by hand because this is the hot path and because a compiled validator needs `eval`, which a browser's
 * content security policy forbids. A test holds them to the schemas. `JSON.parse` doesn't recurse, so nesting is bounded
 * by the size of the frame alone.
 */
export function decodeClientFrame(text: string): ClientFrame | FrameProblem {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return problem('The frame is not JSON.') // The parser's own message may quote the content.
  }
  if (!isMembers(value)) return problem('The frame is not a JSON object.')
  switch (value.type) {
    case 'send':
      return checked(value, whyNotSend(value) ?? whyNotRef(value))
    case 'read':
      return checked(value, whyNotConversation(value) ?? whyNotSeq('seq', value.seq) ?? whyNotRef(value))
    case 'ping':
      return checked(value, undefined)
    case 'catchUp':
      return checked(value, whyNotCatchUp(value) ?? whyNotRef(value))
    case 'connect':
      return checked(value, whyNotConnect(value))
    default:
      return refused(value, 'type is none of connect, send, read, catchUp, ping.')
  }
}

const checked = (value: Members, complaint: string | undefined): ClientFrame | FrameProblem =>
  complaint === undefined ? (value as unknown as ClientFrame) : refused(value, complaint)

const refused = (value: Members, message: string): FrameProblem =>
  isText(value.ref, limits.refCharacters) ? { type: 'problem', ref: value.ref, message } : problem(message)

const problem = (message: string): FrameProblem => ({ type: 'problem', message })

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A lone surrogate can be written in JSON but not stored as UTF-8: such text isn't well formed. */
const isText = (value: unknown, charactersMax: number): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= charactersMax && value.isWellFormed()

const isSeq = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

const whyNotRef = (value: Members): string | undefined =>
  isText(value.ref, limits.refCharacters) ? undefined : whyNotText('ref', limits.refCharacters)

const whyNotConversation = (value: Members): string | undefined =>
  isText(value.conversationId, limits.idCharacters) ? undefined : whyNotText('conversationId', limits.idCharacters)

const whyNotSeq = (name: string, value: unknown): string | undefined =>
  isSeq(value) ? undefined : `${name} is not a whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`

function whyNotSend(value: Members): string | undefined {
  if (!isText(value.clientMessageId, limits.clientMessageIdCharacters)) {
    return whyNotText('clientMessageId', limits.clientMessageIdCharacters)
  }
  if (!isText(value.text, Number.POSITIVE_INFINITY)) return 'text is not a well-formed text of at least 1 character.'
  return whyNotConversation(value)
}

function whyNotConnect(value: Members): string | undefined {
  if (!isText(value.token, limits.tokenCharacters)) return whyNotText('token', limits.tokenCharacters)
  return whyNotCursor(value) ?? (value.resume === undefined ? undefined : whyNotPositions('resume', value.resume))
}

function whyNotCatchUp(value: Members): string | undefined {
  return whyNotCursor(value) ?? (value.held === undefined ? undefined : whyNotPositions('held', value.held))
}

function whyNotCursor({ cursor }: Members): string | undefined {
  if (cursor === undefined || isText(cursor, limits.cursorCharacters)) return undefined
  return whyNotText('cursor', limits.cursorCharacters)
}

function whyNotPositions(name: string, value: unknown): string | undefined {
  if (!isMembers(value)) return `${name} is not an object of sequence numbers by conversation id.`
  let count = 0
  for (const conversationId in value) {
    if (++count > limits.heldConversations) return `${name} has over ${limits.heldConversations} conversations.`
    if (!isSeq(value[conversationId])) return `${name} has a position that is not a whole number of at least 0.`
  }
  return undefined
}

const whyNotText = (name: string, charactersMax: number): string =>
  `${name} is not a well-formed text of 1 to ${charactersMax} characters.`

/** Positions as a map. A JSON object may name `__proto__`; a map takes it as the mere text it is. */
export const positionsOf = (held: NonNullable<ClientFrameOf<'catchUp'>['held']>): Map<string, number> =>
  new Map(Object.entries(held))
