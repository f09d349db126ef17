/**
 * A number of bytes that many hold together. What has arrived is always taken; whoever finds no room left afterwards waits
 * before it takes more, so that the bound is passed by one piece of each at most.
 */
class ByteBudget {
  readonly #bytesMax: number
  readonly #waiting = new Set<() => void>()
  #held = 0
  /** How many hold it together. */
  shares = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** What each may hold if all did. */
  get fairBytes(): number {
    return Math.floor(this.#bytesMax / Math.max(1, this.shares))
  }

  get held(): number {
    return this.#held
  }

  get hasRoom(): boolean {
    return this.#held < this.#bytesMax
  }

  add(bytes: number): void {
    this.#held += bytes
    if (bytes < 0 && this.hasRoom) this.#wakeSome()
  }

  wait(wake: () => void): void {
    this.#waiting.add(wake)
  }

  stopWaiting(wake: () => void): void {
    this.#waiting.delete(wake)
  }

  /** Those who have waited longest, as many as there is room for pieces. */
  #wakeSome(): void {
    let pieces = Math.ceil((this.#bytesMax - this.#held) / pieceBytes)
    for (const wake of this.#waiting) {
      if (pieces-- <= 0) return
      this.#waiting.delete(wake)
      wake()
    }
  }
}

/** What a socket reads at once. */
const pieceBytes = 64 * 1024

export interface WorkBudgetLimits {
  /** Bytes of requests and answers that all connections hold. */
  readonly workBytesMax: number
  /** The same of one tenant's connections: none can hold what the others need. */
  readonly tenantWorkBytesMax: number
}

/** The bytes in work of the whole listener and of each tenant. */
export class WorkBudget {
  readonly #limits: WorkBudgetLimits
  readonly #whole: ByteBudget
  readonly #tenants = new Map<string, ByteBudget>()

  constructor(limits: WorkBudgetLimits) {
    this.#limits = limits
    this.#whole = new ByteBudget(limits.workBytesMax)
  }

  get held(): number {
    return this.#whole.held
  }

  get tenants(): number {
    return this.#tenants.size
  }

  /** For one connection, which belongs to no tenant yet. */
  share(): WorkShare {
    return new WorkShare(this.#whole, (tenantId) => this.#join(tenantId))
  }

  #join(tenantId: string): { budget: ByteBudget; leave: () => void } {
    const budget = this.#tenants.get(tenantId) ?? new ByteBudget(this.#limits.tenantWorkBytesMax)
    this.#tenants.set(tenantId, budget)
    budget.shares++
    const leave = (): void => {
      budget.shares--
      if (budget.shares === 0) this.#tenants.delete(tenantId)
    }
    return { budget, leave }
  }
}

type Join = (tenantId: string) => { readonly budget: ByteBudget; readonly leave: () => void }

/** What one connection holds of the budgets; all of it is given back with the share. */
export class WorkShare implements Disposable {
  readonly #whole: ByteBudget
  readonly #join: Join
  #ofTenant: ReturnType<Join> | undefined
  #held = 0
  #isOver = false

  constructor(whole: ByteBudget, join: Join) {
    this.#whole = whole
    this.#join = join
    whole.shares++
  }

  /** From now on it counts against the tenant as well. */
  belongTo(tenantId: string): void {
    if (this.#isOver || this.#ofTenant) return
    this.#ofTenant = this.#join(tenantId)
    this.#ofTenant.budget.add(this.#held)
  }

  /** So many bytes can every connection hold at once; one that holds no more than this never makes others wait. */
  get fairBytes(): number {
    return Math.min(this.#whole.fairBytes, this.#ofTenant?.budget.fairBytes ?? Infinity)
  }

  get hasRoom(): boolean {
    return this.#whole.hasRoom && this.#ofTenant?.budget.hasRoom !== false
  }

  take(bytes: number): void {
    if (!this.#isOver) this.#add(bytes)
  }

  giveBack(bytes: number): void {
    if (!this.#isOver) this.#add(-bytes)
  }

  /** Calls once when there may be room: look again. @returns a way to stop waiting */
  onRoom(wake: () => void): Disposable {
    const full = this.#ofTenant?.budget.hasRoom === false ? this.#ofTenant.budget : this.#whole
    full.wait(wake)
    return { [Symbol.dispose]: () => full.stopWaiting(wake) }
  }

  [Symbol.dispose](): void {
    if (this.#isOver) return
    this.#add(-this.#held)
    this.#isOver = true
    this.#whole.shares--
    this.#ofTenant?.leave()
  }

  #add(bytes: number): void {
    this.#held += bytes
    this.#whole.add(bytes)
    this.#ofTenant?.budget.add(bytes)
  }
}
