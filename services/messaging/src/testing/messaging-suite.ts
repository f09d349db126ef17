import { suite } from 'node:test'
import { conversationTests } from './conversations-suite.ts'
import { liveTests } from './live-suite.ts'
import type { OpenStores } from './messaging-fixture.ts'
import { readingTests } from './reading-suite.ts'
import { sendingTests } from './sending-suite.ts'

export type Open = () => OpenStores | Promise<OpenStores>

/** What messaging promises, over any stores. */
export function messagingSuite(stores: string, open: Open): void {
  suite(`messaging over ${stores}`, () => {
    conversationTests(open)
    sendingTests(open)
    readingTests(open)
    liveTests(open)
  })
}
