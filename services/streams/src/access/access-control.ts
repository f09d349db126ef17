import type { TenantScope } from '@koine/stores-ports'
import type { Access, Operation, ResourceType } from './access.ts'
import { type Acl, type AclFilter, identityOf } from './acl.ts'
import type { AclBook, Subject } from './acl-book.ts'
import { aclProblem } from './acl-problem.ts'
import { deleteAcls, readAcls, writeAcls } from './acl-records.ts'
import { isPlatformTopic } from '../topics/topic-names.ts'

/** Who a connection is, as to what it may do. */
export interface AccessRequest extends Subject {
  /** May do everything in its tenant, whatever the ACLs say. */
  readonly isAdmin: boolean
}

/** Let it go when the connection ends. */
export type HeldAccess = Access & Disposable

export type AclOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: AclFailure; readonly message: string }
export type AclFailure = 'invalid-acl' | 'too-many'

/** A tenant's ACLs while somebody holds them; the chain makes changes one after another. */
interface OpenBook {
  readonly loaded: Promise<AclBook>
  holders: number
  changed: Promise<unknown>
}

/** The only things done to a topic of the platform's that anybody may be allowed. */
const ofPlatformTopics: ReadonlySet<Operation> = new Set(['read', 'describe', 'describe-configs'])

const mayEver = (operation: Operation, type: ResourceType, name: string): boolean =>
  type !== 'topic' || !isPlatformTopic(name) || ofPlatformTopics.has(operation)

/**
 * Who may do what in each tenant's virtual cluster, by the rules of Kafka's own authorizer. A tenant's ACLs are read when
 * the first connection needs them and held while there are any; a change is durable first and then acts on all at once.
 */
export class AccessControl {
  readonly #open = new Map<string, OpenBook>()
  readonly #limits: { readonly acls: number }

  constructor(limits: { readonly acls: number }) {
    this.#limits = limits
  }

  /** What a principal may do from now on, whatever changes. */
  async open(scope: TenantScope, { isAdmin, ...subject }: AccessRequest): Promise<HeldAccess> {
    const principal = subject.principals[0] ?? ''
    if (isAdmin) {
      return { principal, may: mayEver, mayAnywhere: () => true, [Symbol.dispose]: () => {} }
    }
    const held = await this.#hold(scope)
    return {
      principal,
      may: (operation, type, name) =>
        mayEver(operation, type, name) && held.book.may(subject, operation, { type, name }),
      mayAnywhere: (operation, type) => held.book.mayAnywhere(subject, operation, type),
      [Symbol.dispose]: () => held[Symbol.dispose](),
    }
  }

  /** In the order of `acls`. One that is there already is as good as made. */
  async create(scope: TenantScope, acls: readonly Acl[]): Promise<AclOutcome[]> {
    return await this.#change(scope, async (book) => {
      const fresh = new Map<string, Acl>()
      const outcomes = acls.map((acl): AclOutcome => {
        const problem = aclProblem(acl)
        if (problem !== undefined) return { ok: false, reason: 'invalid-acl', message: problem }
        if (book.has(acl)) return { ok: true }
        if (book.size + fresh.size >= this.#limits.acls && !fresh.has(identityOf(acl))) {
          return { ok: false, reason: 'too-many', message: `A tenant has at most ${this.#limits.acls} ACLs.` }
        }
        fresh.set(identityOf(acl), acl)
        return { ok: true }
      })
      await writeAcls(scope.tables, [...fresh.values()])
      for (const acl of fresh.values()) book.add(acl)
      return outcomes
    })
  }

  async matching(scope: TenantScope, filter: AclFilter): Promise<Acl[]> {
    using held = await this.#hold(scope)
    return held.book.matching(filter)
  }

  /** @returns what each filter fitted that none before it did; all of it is gone */
  async delete(scope: TenantScope, filters: readonly AclFilter[]): Promise<Acl[][]> {
    return await this.#change(scope, async (book) => {
      const distinct = new Set<Acl>()
      const found = filters.map((filter) => {
        const fresh = book.matching(filter).filter((acl) => !distinct.has(acl))
        for (const acl of fresh) distinct.add(acl)
        return fresh
      })
      await deleteAcls(scope.tables, [...distinct])
      for (const acl of distinct) book.remove(acl)
      return found
    })
  }

  async #hold({ tenantId, tables }: TenantScope): Promise<Disposable & { readonly book: AclBook }> {
    const open = this.#open.get(tenantId) ?? { loaded: readAcls(tables), holders: 0, changed: Promise.resolve() }
    this.#open.set(tenantId, open)
    open.holders++
    let isHeld = true
    const release = (): void => {
      if (!isHeld) return
      isHeld = false
      open.holders--
      if (open.holders === 0 && this.#open.get(tenantId) === open) this.#open.delete(tenantId)
    }
    try {
      return { book: await open.loaded, [Symbol.dispose]: release }
    } catch (thrown) {
      release()
      throw thrown
    }
  }

  /** One that fails part of the way leaves the book as it was; the same again settles what the tables have of it. */
  async #change<T>(scope: TenantScope, work: (book: AclBook) => Promise<T>): Promise<T> {
    using held = await this.#hold(scope)
    const open = this.#open.get(scope.tenantId)!
    const done = open.changed.then(() => work(held.book))
    open.changed = done.catch(() => {}) // The caller gets the failure; the next change begins all the same.
    return await done
  }
}
