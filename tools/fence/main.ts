import { resolve } from 'node:path'
import { fenceBreaches } from './fence.ts'

const breaches = fenceBreaches(resolve(import.meta.dirname, '../..'))
for (const breach of breaches) console.error(breach)
if (breaches.length > 0) {
  console.error(`\nThe import fence has ${breaches.length} ${breaches.length === 1 ? 'breach' : 'breaches'}.`)
  process.exitCode = 1
}
