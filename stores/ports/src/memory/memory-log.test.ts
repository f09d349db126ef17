import { systemClock } from '@koine/base'
import { logConformance } from '../conformance/log.ts'
import { MemoryLog } from './memory-log.ts'

logConformance({
  name: 'memory',
  open: async () => {
    const log = new MemoryLog({ clock: systemClock })
    return { log, reopen: async () => log, [Symbol.asyncDispose]: () => log[Symbol.asyncDispose]() }
  },
})
