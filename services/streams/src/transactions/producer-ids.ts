import { KoineError } from '@koine/base'
import type { TenantScope } from '@koine/stores-ports'

const key = { table: 'streams', pk: 'producer-ids', sk: '' } as const
/** Ids reserved at once; those that are left when the process ends are never used. */
const blockSize = 1_000
const attemptsMax = 20

interface Block {
  next: number
  readonly end: number
}

/** Ids for idempotent producers: unique within a tenant for ever, reserved in blocks. */
export class ProducerIds {
  readonly #blocks = new Map<string, Promise<Block>>()

  /** Errors: `unavailable` when other processes keep coming first. */
  async next(scope: TenantScope): Promise<number> {
    for (;;) {
      const reserving = this.#blocks.get(scope.tenantId) ?? this.#reserveBlock(scope)
      const block = await reserving
      if (block.next < block.end) return block.next++
      if (this.#blocks.get(scope.tenantId) === reserving) this.#blocks.delete(scope.tenantId)
    }
  }

  forget(tenantId: string): void {
    this.#blocks.delete(tenantId)
  }

  #reserveBlock(scope: TenantScope): Promise<Block> {
    const reserving = reserve(scope)
    this.#blocks.set(scope.tenantId, reserving)
    reserving.catch(() => this.#blocks.delete(scope.tenantId))
    return reserving
  }
}

async function reserve(scope: TenantScope): Promise<Block> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const held = await scope.tables.get(key)
    const next = Number(held?.attributes['next'] ?? 0)
    const { ok } = await scope.tables.write({
      operations: [
        {
          put: key,
          attributes: { next: next + blockSize },
          if: held ? { version: held.version } : 'absent',
        },
      ],
    })
    if (ok) return { next, end: next + blockSize }
  }
  throw new KoineError('unavailable', 'No producer ids could be reserved; try again.')
}
