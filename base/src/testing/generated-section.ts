import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'

/**
 * Holds the part of a document between `<!-- made from NAME -->` and `<!-- end -->` against what the source says now.
 * With `KOINE_WRITE_DOCS=1` it writes that part instead.
 */
export function checkGeneratedSection(path: string, name: string, expected: string): void {
  const text = readFileSync(path, 'utf8')
  const start = `<!-- made from ${name} -->\n`
  const from = text.indexOf(start) + start.length
  const to = text.indexOf('<!-- end -->', from)
  assert.ok(from >= start.length && to > 0, `${path} has no section made from ${name}`)
  const wanted = `\n${expected.trim()}\n\n`
  if (process.env.KOINE_WRITE_DOCS === '1') writeFileSync(path, text.slice(0, from) + wanted + text.slice(to))
  else assert.equal(text.slice(from, to), wanted, `${path} is behind ${name}: run the test with KOINE_WRITE_DOCS=1`)
}
