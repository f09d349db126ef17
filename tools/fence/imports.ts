import { parseSync } from 'oxc-parser'

export interface Import {
  readonly specifier: string
  /** Names types alone, so that nothing of it is loaded. */
  readonly typeOnly: boolean
  readonly line: number
}

/** Every static and dynamic import and re-export of a module, in the order of the text. */
export function importsOf(file: string, text: string): Import[] {
  const { module, errors } = parseSync(file, text)
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`)
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length
  const found: (Import & { start: number })[] = []
  for (const entry of module.staticImports) {
    const typeOnly = entry.entries.length > 0 && entry.entries.every(({ isType }) => isType)
    found.push({ specifier: entry.moduleRequest.value, typeOnly, line: lineOf(entry.start), start: entry.start })
  }
  for (const entry of module.staticExports) {
    const from = entry.entries.find(({ moduleRequest }) => moduleRequest)?.moduleRequest
    if (!from) continue
    const typeOnly = entry.entries.every(({ isType }) => isType)
    found.push({ specifier: from.value, typeOnly, line: lineOf(entry.start), start: entry.start })
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const specifier = text.slice(moduleRequest.start, moduleRequest.end)
    const quoted = /^['"`](.*)['"`]$/.exec(specifier)
    if (quoted) {
      found.push({
        specifier: quoted[1]!,
        typeOnly: false,
        line: lineOf(moduleRequest.start),
        start: moduleRequest.start,
      })
    }
  }
  return found.sort((a, b) => a.start - b.start).map(({ specifier, typeOnly, line }) => ({ specifier, typeOnly, line }))
}
