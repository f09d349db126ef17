import { openMemory } from './testing/messaging-fixture.ts'
import { messagingSuite } from './testing/messaging-suite.ts'

messagingSuite('memory', () => openMemory())
