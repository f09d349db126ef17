import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Operation, ResourceType } from './access.ts'
import { type Acl, type AclFilter, anyHost, anyName, anyPrincipal, identityOf } from './acl.ts'
import { AclBook, type Subject } from './acl-book.ts'

const names = ['a', 'ab', 'abc', 'b', 'a*', 'ba']
const operations = [
  'read',
  'write',
  'create',
  'delete',
  'alter',
  'describe',
  'describe-configs',
  'alter-configs',
] as const
const types = ['topic', 'group'] as const
const principals = ['User:1', 'User:2', 'Scope:x']
const hosts = ['10.0.0.1', '10.0.0.2']

const someAcl: fc.Arbitrary<Acl> = fc.record({
  resourceType: fc.constantFrom(...types),
  name: fc.constantFrom(...names, anyName),
  pattern: fc.constantFrom('literal', 'prefixed'),
  principal: fc.constantFrom(...principals, anyPrincipal),
  host: fc.constantFrom(...hosts, anyHost),
  operation: fc.constantFrom(...operations, 'all'),
  permission: fc.constantFrom('allow', 'deny'),
})
const someSubject: fc.Arbitrary<Subject> = fc.record({
  principals: fc.uniqueArray(fc.constantFrom(...principals), { minLength: 1 }),
  host: fc.constantFrom(...hosts),
})
interface Question {
  readonly subject: Subject
  readonly operation: Operation
  readonly type: ResourceType
  readonly name: string
}
const someQuestion: fc.Arbitrary<Question> = fc.record({
  subject: someSubject,
  operation: fc.constantFrom(...operations),
  type: fc.constantFrom(...types),
  name: fc.constantFrom(...names),
})
const someChanges = fc.array(fc.tuple(fc.boolean(), someAcl), { maxLength: 40 })

/** The rules as they read, one list, looked through from end to end. */
class PlainModel {
  readonly acls: Acl[] = []

  add(acl: Acl): void {
    if (!this.acls.some((held) => identityOf(held) === identityOf(acl))) this.acls.push(acl)
  }

  remove(acl: Acl): void {
    const at = this.acls.findIndex((held) => identityOf(held) === identityOf(acl))
    if (at >= 0) this.acls.splice(at, 1)
  }

  may({ subject, operation, type, name }: Question): boolean {
    const about = this.acls.filter(
      (acl) =>
        acl.resourceType === type &&
        (acl.principal === anyPrincipal || subject.principals.includes(acl.principal)) &&
        (acl.host === anyHost || acl.host === subject.host) &&
        (acl.pattern === 'prefixed' ? name.startsWith(acl.name) : acl.name === anyName || acl.name === name),
    )
    const says = (acl: Acl, wanted: readonly string[]): boolean => ['all', ...wanted].includes(acl.operation)
    if (about.some((acl) => acl.permission === 'deny' && says(acl, [operation]))) return false
    const enough =
      operation === 'describe'
        ? ['describe', 'read', 'write', 'delete', 'alter']
        : operation === 'describe-configs'
          ? ['describe-configs', 'alter-configs']
          : [operation]
    return about.some((acl) => acl.permission === 'allow' && says(acl, enough))
  }
}

function booksAfter(changes: readonly (readonly [boolean, Acl])[]): { book: AclBook; model: PlainModel } {
  const [book, model] = [new AclBook(), new PlainModel()]
  for (const [adds, acl] of changes) {
    for (const each of [book, model]) {
      if (adds) each.add(acl)
      else each.remove(acl)
    }
  }
  return { book, model }
}

test('the book answers as the list of rules reads', () => {
  fc.assert(
    fc.property(someChanges, fc.array(someQuestion, { minLength: 1, maxLength: 20 }), (changes, questions) => {
      const { book, model } = booksAfter(changes)
      assert.equal(book.size, model.acls.length)
      for (const question of questions) {
        const { subject, operation, type, name } = question
        assert.equal(book.may(subject, operation, { type, name }), model.may(question))
      }
    }),
    { numRuns: 400 },
  )
})

test('something is allowed somewhere when it is on one of many names, and nowhere when it is on none', () => {
  // Names that no rule singles out, besides those that some do.
  const tried = [...names, ...names.map((name) => `${name}~`), '*~', '~']
  fc.assert(
    fc.property(someChanges, someQuestion, (changes, { subject, operation, type }) => {
      const { book, model } = booksAfter(changes)
      const somewhere = tried.some((name) => model.may({ subject, operation, type, name }))
      assert.equal(book.mayAnywhere(subject, operation, type), somewhere)
    }),
    { numRuns: 400 },
  )
})

const orLeftOut = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined })

test('a filter finds what each of its parts fits', () => {
  const someFilter = fc.record({
    resourceType: orLeftOut(fc.constantFrom(...types)),
    name: orLeftOut(fc.constantFrom(...names, anyName)),
    pattern: orLeftOut(fc.constantFrom('literal', 'prefixed', 'match')),
    principal: orLeftOut(fc.constantFrom(...principals, anyPrincipal)),
    host: orLeftOut(fc.constantFrom(...hosts, anyHost)),
    operation: orLeftOut(fc.constantFrom(...operations, 'all')),
    permission: orLeftOut(fc.constantFrom('allow', 'deny')),
  })
  fc.assert(
    fc.property(someChanges, someFilter, (changes, filter) => {
      const { book, model } = booksAfter(changes)
      const { name, pattern, ...equal } = filter
      const expected = model.acls.filter((acl) => {
        for (const [part, wanted] of Object.entries(equal)) {
          if (wanted !== undefined && acl[part as keyof Acl] !== wanted) return false
        }
        if (pattern === 'match') {
          if (name === undefined) return true
          return acl.pattern === 'prefixed' ? name.startsWith(acl.name) : acl.name === name || acl.name === anyName
        }
        return (pattern === undefined || acl.pattern === pattern) && (name === undefined || acl.name === name)
      })
      const found = book.matching(
        Object.fromEntries(Object.entries(filter).filter(([, it]) => it !== undefined)) as AclFilter,
      )
      assert.deepEqual(found.map(identityOf).sort(), expected.map(identityOf).sort())
    }),
    { numRuns: 300 },
  )
})
