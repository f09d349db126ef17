import { ManualClock } from '@koine/base/testing'
import { cacheConformance } from '@koine/stores-ports/conformance'
import { ProcessCache } from './process-cache.ts'

cacheConformance('process', async () => {
  const clock = new ManualClock()
  const cache = new ProcessCache({ clock })
  return { cache, pass: async (ms) => clock.advance(ms), [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose]() }
})
