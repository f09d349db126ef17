import { KoineError } from '@koine/base'

const nameCharactersMax = 200

// Control characters, and halves of surrogate pairs: nothing that a name needs, and no store takes the latter.
const unprintable = /[\p{Cc}\p{Cs}]/u

/** The name without space around it, or `invalid_request`. `what` says whose name it is. */
export function checkedName(what: string, name: string): string {
  const trimmed = name.trim()
  if (trimmed === '' || trimmed.length > nameCharactersMax || unprintable.test(trimmed)) {
    throw new KoineError(
      'invalid_request',
      `The name of ${what} has 1 to ${nameCharactersMax} characters, none of them a control character.`,
    )
  }
  return trimmed
}
