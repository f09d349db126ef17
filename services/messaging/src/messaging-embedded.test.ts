import { seededRandomness, systemClock } from '@koine/base'
import { temporaryDirectory } from '@koine/base/testing'
import { LmdbTables, ProcessCache } from '@koine/stores-embedded'
import { memoryStores } from '@koine/stores-ports/memory'
import { closeStores, type OpenStores, TestClock } from './testing/messaging-fixture.ts'
import { messagingSuite } from './testing/messaging-suite.ts'

/** Messaging uses tables and cache: those are the embedded ones. */
function openEmbedded(): OpenStores {
  const directory = temporaryDirectory()
  const clock = new TestClock(systemClock)
  const stores = {
    ...memoryStores({ clock, randomness: seededRandomness(3) }),
    tables: new LmdbTables({ directory: directory.path, clock }),
    cache: new ProcessCache({ clock }),
  }
  const close = async (): Promise<void> => {
    await closeStores(stores)
    await directory[Symbol.asyncDispose]()
  }
  return { stores, clock, [Symbol.asyncDispose]: close }
}

messagingSuite('the embedded stores', openEmbedded)
