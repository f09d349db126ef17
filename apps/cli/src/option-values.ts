import { InvalidArgumentError } from 'commander'

export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It has to be a whole number.')
  return Number(text)
}

/** `name=value`, gathered over repetitions of an option. */
export function collectPairs(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const at = text.indexOf('=')
  if (at <= 0) throw new InvalidArgumentError('It has to be name=value.')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}
