import type { TenantScope, Topic } from '@koine/stores-ports'

/** Topics by their id. Remembers names and asks the log each time whether the name still has that id. */
export class TopicIds {
  readonly #names = new Map<string, string>()
  readonly #capacity: number

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  async topic(scope: TenantScope, id: string): Promise<Topic | undefined> {
    const key = `${scope.tenantId}/${id}`
    const name = this.#names.get(key)
    const held = name === undefined ? undefined : await scope.log.topic(name)
    if (held?.id === id) return held
    const found = (await scope.log.topics()).find((topic) => topic.id === id)
    if (found) this.#remember(key, found.name)
    else this.#names.delete(key)
    return found
  }

  #remember(key: string, name: string): void {
    if (this.#names.size >= this.#capacity) this.#names.delete(this.#names.keys().next().value!)
    this.#names.set(key, name)
  }
}
