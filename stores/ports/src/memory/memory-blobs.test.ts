import { ManualClock } from '@koine/base/testing'
import { blobsConformance } from '../conformance/blobs.ts'
import { MemoryBlobs } from './memory-blobs.ts'

blobsConformance('memory', async () => {
  const clock = new ManualClock()
  const blobs = new MemoryBlobs({ clock })
  return { blobs, now: () => clock.now(), [Symbol.asyncDispose]: () => blobs[Symbol.asyncDispose]() }
})
