import assert from 'node:assert/strict'
import test from 'node:test'
import { errorTable } from '@koine/base/errors'
import { Compile } from 'typebox/compile'
import { errorsOf, openApiDocument, operationEntries } from './index.ts'

const document = openApiDocument()
const json = JSON.parse(JSON.stringify(document)) as typeof document

/** Every value at any depth under `name`. */
function* allUnder(name: string, value: unknown): Generator {
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    if (key === name) yield inner
    yield* allUnder(name, inner)
  }
}

test('the document is OpenAPI 3.1 with every operation of the table once', () => {
  assert.match(json.openapi, /^3\.1\./)
  const ids = Object.values(json.paths).flatMap((path) => Object.values(path).map((it) => it.operationId))
  assert.deepEqual(ids.sort(), operationEntries.map(([id]) => id as string).sort())
  assert.equal(new Set(ids).size, ids.length)
})

test('every reference leads to a schema of the document', () => {
  const names = new Set(Object.keys(json.components.schemas).map((name) => `#/components/schemas/${name}`))
  const references = [...allUnder('$ref', json)]
  assert.ok(references.length > 20)
  for (const reference of references) assert.ok(names.has(reference as string), `${String(reference)} is nowhere`)
})

test('every parameter in a path is declared, and no other', () => {
  for (const [path, methods] of Object.entries(json.paths)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
    for (const { operationId, parameters = [] } of Object.values(methods)) {
      const declared = (parameters as { in: string; name: string }[]).filter((it) => it.in === 'path')
      assert.deepEqual(
        declared.map((it) => it.name).sort(),
        inPath.toSorted((a, b) => (a! < b! ? -1 : 1)),
        operationId,
      )
    }
  }
})

test('every operation has a success, a summary, a known tag and 4xx answers with problems', () => {
  const tags = new Set(json.tags.map((tag) => tag.name))
  for (const it of Object.values(json.paths).flatMap((path) => Object.values(path))) {
    const statuses = Object.keys(it.responses)
    assert.ok(
      statuses.some((status) => status.startsWith('2')),
      it.operationId,
    )
    assert.ok(
      statuses.some((status) => status.startsWith('4')),
      it.operationId,
    )
    assert.ok(it.summary.length > 5 && it.tags.every((tag) => tags.has(tag)), it.operationId)
    for (const [status, response] of Object.entries(it.responses)) {
      const { description } = response as { description: string }
      assert.ok(description.length > 0, `${it.operationId} ${status}`)
    }
  }
})

test('every error code of the table is in the introduction and can come from some operation', () => {
  const possible = new Set(operationEntries.flatMap(([, operation]) => errorsOf(operation)))
  for (const [code, { http }] of Object.entries(errorTable)) {
    assert.ok(json.info.description.includes(`- \`${code}\` (${http}`), code)
    // A method that a path doesn't have belongs to no operation.
    if (code !== 'method_not_allowed') assert.ok(possible.has(code as never), code)
  }
})

test('an operation with credentials says so, and answers 401', () => {
  for (const [id, operation] of operationEntries) {
    const described = json.paths[operation.path]![operation.method.toLowerCase()]!
    assert.equal(described.security.length, operation.auth.length, id)
    assert.equal('401' in described.responses, operation.auth.length > 0, id)
  }
})

test('each example of a schema is valid by it', () => {
  let checked = 0
  for (const [id, operation] of operationEntries) {
    const schemas = [operation.body, ...Object.values(operation.responses).map((answer) => answer.schema)]
    for (const schema of schemas) {
      const { examples = [] } = (schema ?? {}) as { examples?: unknown[] }
      for (const example of examples) {
        assert.deepEqual(Compile(schema!).Errors(example), [], id)
        checked++
      }
    }
  }
  assert.ok(checked > 20)
})
