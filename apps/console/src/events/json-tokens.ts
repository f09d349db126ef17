interface JsonToken {
  readonly kind: 'key' | 'string' | 'number' | 'word' | 'plain'
  readonly text: string
}

/** A value that prints longer than this is cut, so that one event can't stall the page. Characters. */
const printedMax = 20_000

const token = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\btrue\b|\bfalse\b|\bnull\b/g

/** A JSON value pretty-printed, in pieces to colour. The pieces joined are the text. */
export const jsonTokens = (value: unknown): readonly JsonToken[] =>
  tokensOfJson(JSON.stringify(value, undefined, 2) ?? '')

/** JSON that is already printed, in pieces to colour. */
export function tokensOfJson(printed: string): readonly JsonToken[] {
  const text = printed.length > printedMax ? `${printed.slice(0, printedMax)}\n… cut` : printed
  const tokens: JsonToken[] = []
  let end = 0
  for (const match of text.matchAll(token)) {
    if (match.index > end) tokens.push({ kind: 'plain', text: text.slice(end, match.index) })
    end = match.index + match[0].length
    const [whole, quoted, colon] = match
    if (quoted !== undefined && colon !== undefined) {
      tokens.push({ kind: 'key', text: quoted }, { kind: 'plain', text: colon })
    } else if (quoted !== undefined) tokens.push({ kind: 'string', text: whole })
    else tokens.push({ kind: /^[tfn]/.test(whole) ? 'word' : 'number', text: whole })
  }
  if (end < text.length) tokens.push({ kind: 'plain', text: text.slice(end) })
  return tokens
}
