import assert from 'node:assert/strict'
import { test } from 'node:test'
import { baseOffset, decodeRecordBatch } from '@koine/protocols-kafka/record-batch'
import type { TenantLog } from '@koine/stores-ports'
import type { logChecks } from '../log-checker/checks/index.ts'
import { failureReport } from '../report.ts'
import type { LogSabotage } from './log-world.ts'
import { simulateLog } from './simulate-log.ts'

test('twenty seeds are good', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const outcome = await simulateLog(seed)
    assert.deepEqual(outcome.violations, [], failureReport(outcome, { log: true }))
  }
})

test('the same seed is the same run, and another seed another', async () => {
  const [first, again, other] = [await simulateLog(7), await simulateLog(7), await simulateLog(8)]
  assert.equal(again.fingerprint, first.fingerprint)
  assert.notEqual(other.fingerprint, first.fingerprint)
})

const withLog =
  (change: (log: TenantLog) => Partial<TenantLog>): LogSabotage =>
  (scope) => {
    const changed = change(scope.log)
    const log = new Proxy(scope.log, {
      get: (target, name) => {
        const own: unknown = Reflect.get(changed, name)
        if (own !== undefined) return own
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    return { ...scope, log }
  }

const isData = (batch: Uint8Array): boolean => decodeRecordBatch(batch).records.length > 0

/** Broken logs, each with the check that has to notice it. */
const broken: readonly [what: string, check: keyof typeof logChecks, sabotage: () => LogSabotage][] = [
  [
    'an append that is acknowledged and not kept',
    'noLostWrites',
    () => {
      let appends = 0
      return withLog((log) => ({
        append: async (at, batches) => {
          if (++appends % 15 !== 0 || !isData(batches)) return log.append(at, batches)
          const bounds = await log.bounds(at)
          return { ok: true, baseOffset: bounds!.endOffset, startOffset: 0 }
        },
      }))
    },
  ],
  [
    'an append that is made twice',
    'noDuplicates',
    () => {
      let appends = 0
      return withLog((log) => ({
        append: async (at, batches) => {
          if (++appends % 15 === 0 && isData(batches)) await log.append(at, Uint8Array.from(batches))
          return log.append(at, batches)
        },
      }))
    },
  ],
  [
    'an append whose answer names another offset',
    'offsetsAreConsistent',
    () =>
      withLog((log) => ({
        append: async (at, batches) => {
          const result = await log.append(at, batches)
          return result.ok && result.baseOffset % 9 === 5 ? { ...result, baseOffset: result.baseOffset - 1 } : result
        },
      })),
  ],
  [
    'a read that leaves a batch out',
    'noSkippedPolls',
    () =>
      withLog((log) => ({
        read: async (at, options) => {
          const read = await log.read(at, options)
          if (!read.ok || read.batches.length < 3 || options.offset === 0) return read
          return { ...read, batches: read.batches.filter((batch) => baseOffset(batch) % 7 !== 3) }
        },
      })),
  ],
  [
    'end markers that say the opposite',
    'noAbortedReads',
    () =>
      withLog((log) => ({
        append: (at, batches) => log.append(at, isData(batches) ? batches : reversed(batches)),
      })),
  ],
]

/** The type in the key of a control batch's record, turned around. The log doesn't look at its CRC. */
function reversed(batch: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(batch)
  const typeAt = 61 + 5 + 3
  changed[typeAt] = changed[typeAt] === 0 ? 1 : 0
  return changed
}

for (const [what, check, sabotage] of broken) {
  test(`${what} is noticed by the check ${check}`, async () => {
    const noticed: string[] = []
    for (let seed = 0; seed < 20; seed++) {
      const { violations } = await simulateLog(seed, { sabotage: sabotage() })
      if (violations.some((violation) => violation.startsWith(`${check}: `))) return
      noticed.push(...violations)
    }
    assert.fail(`the seeds passed; otherwise noticed: ${noticed.slice(0, 5).join('; ')}`)
  })
}
