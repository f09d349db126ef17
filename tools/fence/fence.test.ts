import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fenceBreaches } from './fence.ts'
import type { Rule } from './rules.ts'

const rules: Rule[] = [
  { folder: 'low', may: [] },
  { folder: 'high', may: ['low'], typesOnly: ['side'] },
  { folder: 'side', may: ['low'] },
]

const made: string[] = []
after(() => made.forEach((folder) => rmSync(folder, { recursive: true })))

/** A little house of three workspaces with the given modules. */
function house(modules: Record<string, string>, declared: Record<string, string[]> = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'koine-fence-'))
  made.push(root)
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  write('package.json', JSON.stringify({ name: 'house', workspaces: ['low', 'high', 'side'] }))
  for (const name of ['low', 'high', 'side']) {
    const dependencies = Object.fromEntries((declared[name] ?? []).map((dependency) => [dependency, '1.0.0']))
    write(
      `${name}/package.json`,
      JSON.stringify({ name: `@h/${name}`, exports: { '.': './src/index.ts' }, dependencies }),
    )
    write(`${name}/src/index.ts`, 'export const one = 1\n')
  }
  for (const [path, text] of Object.entries(modules)) write(path, text)
  return root
}

const check = (
  what: string,
  modules: Record<string, string>,
  declared: Record<string, string[]>,
  expected: RegExp | undefined,
): void => {
  test(what, () => {
    const breaches = fenceBreaches(house(modules, declared), rules)
    if (!expected) assert.deepEqual(breaches, [])
    else assert.match(breaches.join('\n'), expected)
  })
}

check(
  'a declared downward import passes',
  { 'high/src/a.ts': `import { one } from '@h/low'\nexport { one }` },
  { high: ['@h/low'] },
  undefined,
)
check(
  'an upward import fails',
  { 'low/src/a.ts': `import { one } from '@h/high'\nexport { one }` },
  { low: ['@h/high'] },
  /low\/src\/a\.ts:1: low may not import high/,
)
check(
  'an undeclared import fails',
  { 'high/src/a.ts': `import { one } from '@h/low'\nexport { one }` },
  {},
  /@h\/low is not declared in high\/package\.json/,
)
check(
  'an undeclared package of others fails',
  { 'high/src/a.ts': `import ws from 'ws'\nexport { ws }` },
  {},
  /ws is not declared/,
)
check(
  'a deep import fails',
  { 'high/src/a.ts': `export { one } from '@h/low/src/index.ts'` },
  { high: ['@h/low'] },
  /reaches past the face of low/,
)
check(
  'a relative way into another workspace fails',
  { 'high/src/a.ts': `export { one } from '../../low/src/index.ts'` },
  { high: ['@h/low'] },
  /leaves the workspace/,
)
check(
  'a dynamic import is fenced too',
  { 'low/src/a.ts': `export const a = () => import('@h/high')` },
  { low: ['@h/high'] },
  /low may not import high/,
)
check(
  'a circle of modules fails',
  {
    'low/src/a.ts': `import { b } from './b.ts'\nexport const a = () => b`,
    'low/src/b.ts': `import { a } from './a.ts'\nexport const b = () => a`,
  },
  {},
  /circular import: low\/src\/a\.ts -> low\/src\/b\.ts -> low\/src\/a\.ts/,
)
check(
  'a circle of workspaces fails',
  {},
  { low: ['@h/side'], side: ['@h/low'] },
  /circular import: @h\/low -> @h\/side -> @h\/low/,
)
check(
  'types may be taken where the rule says so',
  { 'high/src/a.ts': `import type { T } from '@h/side'\nexport type U = T` },
  { high: ['@h/side'] },
  undefined,
)
check(
  'and values may not',
  { 'high/src/a.ts': `import { one } from '@h/side'\nexport { one }` },
  { high: ['@h/side'] },
  /high may not import side/,
)

test('this house stands', () => {
  assert.deepEqual(fenceBreaches(join(import.meta.dirname, '../..')), [])
})
