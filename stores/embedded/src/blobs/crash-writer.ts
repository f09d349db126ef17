import { systemClock, systemRandomness, type TenantId } from '@koine/base'
import { FileBlobs } from './file-blobs.ts'

/**
 * A process of the crash test: puts and replaces objects until it is killed, and prints each key and its content's
 * number once the put was acknowledged. Arguments: directory, tenant, first number.
 */
const [directory = '', tenant = '', first = '0'] = process.argv.slice(2)
const blobs = new FileBlobs({ directory, clock: systemClock, randomness: systemRandomness }).forTenant(
  tenant as TenantId,
)

async function putForEver(lane: number): Promise<void> {
  for (let number = Number(first); ; number++) {
    const key = `lane ${lane}/${number % 7}`
    await blobs.put(key, new Uint8Array(20_000).fill(number % 251))
    process.stdout.write(`${JSON.stringify([key, number])}\n`)
  }
}

await Promise.all([0, 1, 2, 3].map(putForEver))
