import type { Operation, ResourceType } from './access.ts'
import { type Acl, type AclFilter, type AclOperation, anyHost, anyName, anyPrincipal, fits, identityOf } from './acl.ts'

/** Who asks, and from where. */
export interface Subject {
  /** All that it is known as; a rule about one of them is about it. */
  readonly principals: readonly string[]
  /** Its address as ACLs name it. */
  readonly host: string
}

type ByPrincipal = Map<string, Map<string, Acl>>

/** What also holds where these are allowed (Kafka's `AclOperation`); a denial implies nothing. */
const impliedBy: { readonly [operation in Operation]?: ReadonlySet<AclOperation> } = {
  describe: new Set(['read', 'write', 'delete', 'alter']),
  'describe-configs': new Set(['alter-configs']),
}

const allows = ({ operation }: Acl, asked: Operation): boolean =>
  operation === 'all' || operation === asked || impliedBy[asked]?.has(operation) === true

const denies = ({ operation }: Acl, asked: Operation): boolean => operation === 'all' || operation === asked

/** The ACLs of a tenant in memory: a question costs as much as there are rules about who asks on what it asks for. */
export class AclBook {
  readonly #all = new Map<string, Acl>()
  /** By resource type, pattern and name. */
  readonly #rules = new Map<string, ByPrincipal>()
  readonly #prefixes = new Map<string, PrefixLengths>()

  get size(): number {
    return this.#all.size
  }

  has(acl: Acl): boolean {
    return this.#all.has(identityOf(acl))
  }

  add(acl: Acl): void {
    const identity = identityOf(acl)
    if (this.#all.has(identity)) return
    this.#all.set(identity, acl)
    const key = ruleKey(acl.resourceType, acl.pattern, acl.name)
    let byPrincipal = this.#rules.get(key)
    if (!byPrincipal) {
      this.#rules.set(key, (byPrincipal = new Map()))
      if (acl.pattern === 'prefixed') this.#prefixesOf(acl.resourceType).add(acl.name.length)
    }
    let ofPrincipal = byPrincipal.get(acl.principal)
    if (!ofPrincipal) byPrincipal.set(acl.principal, (ofPrincipal = new Map()))
    ofPrincipal.set(identity, acl)
  }

  remove(acl: Acl): void {
    const identity = identityOf(acl)
    if (!this.#all.delete(identity)) return
    const key = ruleKey(acl.resourceType, acl.pattern, acl.name)
    const byPrincipal = this.#rules.get(key)
    const ofPrincipal = byPrincipal?.get(acl.principal)
    ofPrincipal?.delete(identity)
    if (ofPrincipal?.size === 0) byPrincipal?.delete(acl.principal)
    if (byPrincipal?.size !== 0) return
    this.#rules.delete(key)
    if (acl.pattern === 'prefixed') this.#prefixesOf(acl.resourceType).remove(acl.name.length)
  }

  matching(filter: AclFilter): Acl[] {
    return [...this.#all.values()].filter((acl) => fits(acl, filter))
  }

  /** A denial beats whatever allows, and what nothing allows is denied. */
  may(subject: Subject, operation: Operation, { type, name }: { type: ResourceType; name: string }): boolean {
    let isAllowed = false
    for (const acl of this.#rulesOn(subject, type, name)) {
      if (acl.permission === 'deny') {
        if (denies(acl, operation)) return false
      } else if (!isAllowed) isAllowed = allows(acl, operation)
    }
    return isAllowed
  }

  /** Whether `may` is true of some name. */
  mayAnywhere(subject: Subject, operation: Operation, type: ResourceType): boolean {
    const rules = [...this.#rulesAbout(subject, type)]
    const denied = rules.filter((acl) => acl.permission === 'deny' && denies(acl, operation))
    return rules.some(
      (acl) => acl.permission === 'allow' && allows(acl, operation) && !denied.some((it) => covers(it, acl)),
    )
  }

  *#rulesOn(subject: Subject, type: ResourceType, name: string): Generator<Acl> {
    yield* this.#rulesUnder(ruleKey(type, 'literal', name), subject)
    if (name !== anyName) yield* this.#rulesUnder(ruleKey(type, 'literal', anyName), subject)
    for (const length of this.#prefixes.get(type)?.lengths ?? []) {
      if (length > name.length) continue
      yield* this.#rulesUnder(ruleKey(type, 'prefixed', name.slice(0, length)), subject)
    }
  }

  *#rulesAbout(subject: Subject, type: ResourceType): Generator<Acl> {
    for (const key of this.#rules.keys()) if (key.startsWith(`${type}\n`)) yield* this.#rulesUnder(key, subject)
  }

  *#rulesUnder(key: string, { principals, host }: Subject): Generator<Acl> {
    const byPrincipal = this.#rules.get(key)
    if (!byPrincipal) return
    for (const principal of [...principals, anyPrincipal]) {
      for (const acl of byPrincipal.get(principal)?.values() ?? []) {
        if (acl.host === anyHost || acl.host === host) yield acl
      }
    }
  }

  #prefixesOf(type: string): PrefixLengths {
    let prefixes = this.#prefixes.get(type)
    if (!prefixes) this.#prefixes.set(type, (prefixes = new PrefixLengths()))
    return prefixes
  }
}

/** Neither a type nor a pattern holds a line break; a name may, and comes last. */
const ruleKey = (type: string, pattern: string, name: string): string => `${type}\n${pattern}\n${name}`

/** Whether no name that `allowed` is about escapes `denied`, both being of one resource type. */
function covers(denied: Acl, allowed: Acl): boolean {
  const isOfAll = ({ pattern, name }: Acl): boolean => pattern === 'literal' && name === anyName
  if (isOfAll(denied)) return true
  if (isOfAll(allowed)) return false
  if (denied.pattern === 'prefixed') return allowed.name.startsWith(denied.name)
  return allowed.pattern === 'literal' && allowed.name === denied.name
}

/** The lengths that prefixes have, each as often as there is a prefix of it. */
class PrefixLengths {
  readonly #counts = new Map<number, number>()

  get lengths(): Iterable<number> {
    return this.#counts.keys()
  }

  add(length: number): void {
    this.#counts.set(length, (this.#counts.get(length) ?? 0) + 1)
  }

  remove(length: number): void {
    const left = (this.#counts.get(length) ?? 0) - 1
    if (left > 0) this.#counts.set(length, left)
    else this.#counts.delete(length)
  }
}
