import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'

test('the contract imports nothing that a browser lacks', () => {
  const files = globSync('**/*.ts', { cwd: import.meta.dirname }).filter((file) => !file.endsWith('.test.ts'))
  assert.ok(files.length > 10)
  for (const file of files) {
    const source = readFileSync(join(import.meta.dirname, file), 'utf8')
    for (const [, from] of source.matchAll(/from '([^']+)'/g)) {
      assert.ok(from!.startsWith('.') || from === 'typebox' || from === '@koine/base/errors', `${file} imports ${from}`)
    }
  }
})
