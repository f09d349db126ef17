/**
 * JSON indented for reading, or undefined when the text isn't JSON. The text itself is laid out, not its value: numbers
 * beyond a double's precision, repeated keys and the order of keys stay as the producer wrote them.
 */
export function prettyJson(text: string): string | undefined {
  const value = parsed(text)
  // A bare word or number is as well shown as text.
  if (typeof value !== 'object' || value === null) return undefined
  const out: string[] = []
  let depth = 0
  const newLine = (): void => void out.push(`\n${'  '.repeat(depth)}`)
  const tokens = text.match(tokenOfJson) ?? []
  tokens.forEach((token, i) => {
    const next = tokens[i + 1]
    if (token === '{' || token === '[') {
      out.push(token)
      if (next === '}' || next === ']') return
      depth++
      newLine()
    } else if (token === '}' || token === ']') {
      const isEmpty = tokens[i - 1] === '{' || tokens[i - 1] === '['
      if (!isEmpty) {
        depth--
        newLine()
      }
      out.push(token)
    } else if (token === ',') {
      out.push(token)
      newLine()
    } else out.push(token === ':' ? ': ' : token)
  })
  return out.join('')
}

const tokenOfJson = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // Not JSON: told by the answer.
  }
}
