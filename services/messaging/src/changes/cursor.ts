import { KoineError, type UserId } from '@koine/base'

/** How far a device has got in its user's change log: all of the change at `position`, and of the next one up to `seq`. */
export interface ChangeCursor {
  readonly position: number
  /** 0 where nothing of the next change was taken. */
  readonly seq: number
}

const version = 1

export const encodeChangeCursor = (user: UserId, { position, seq }: ChangeCursor): string =>
  Buffer.from(`${version} ${user} ${position} ${seq}`).toString('base64url')

/** @throws KoineError `invalid_request` for a text that no cursor of this user's is */
export function decodeChangeCursor(user: UserId, text: string): ChangeCursor {
  const [, owner, position, seq] = pattern.exec(Buffer.from(text, 'base64url').toString()) ?? []
  if (owner !== user) throw new KoineError('invalid_request', 'The cursor is not one that this user was given.')
  return { position: Number(position), seq: Number(seq) }
}

const pattern = /^1 (\S{1,64}) (\d{1,15}) (\d{1,15})$/
