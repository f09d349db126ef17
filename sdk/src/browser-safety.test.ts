import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const packages = new Set(['@koine/base/errors', '@koine/contract', '@koine/protocols-realtime'])

/** What a module imports that is there at run time. */
const importsOf = (source: string): string[] =>
  [...source.matchAll(/^(?:import|export)\s(?!type\s)[^'"]*?from\s+'([^']+)'/gms)].map(([, name]) => name!)

/** Every module of Koine's that a browser loads with the SDK, with the names that it imports. */
function reach(start: string, found = new Map<string, string[]>()): Map<string, string[]> {
  if (found.has(start)) return found
  const names = importsOf(readFileSync(new URL(start), 'utf8'))
  found.set(start, names)
  for (const name of names) {
    if (name.startsWith('.')) reach(new URL(name, start).href, found)
    else if (name.startsWith('@koine/')) reach(import.meta.resolve(name), found)
  }
  return found
}

test('nothing that the SDK loads needs more than a browser has', () => {
  const modules = reach(new URL('./index.ts', import.meta.url).href)
  assert.ok(modules.size > 20, 'it has followed the imports')
  for (const [module, names] of modules) {
    for (const name of names) {
      assert.ok(name.startsWith('.') || name === 'typebox' || packages.has(name), `${module} imports ${name}`)
    }
  }
})
