import assert from 'node:assert/strict'
import { baseOffset } from '@koine/protocols-kafka/record-batch'
import fc from 'fast-check'
import type { TenantLog } from '../log.ts'
import { appended, at, batchOf, otherAt, recordsFrom, type WithTopic } from './log-case.ts'
import type { Cases } from './suite.ts'

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('append' as const), records: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('delete' as const), percent: fc.nat(100) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('rewrite' as const),
      percent: fc.nat(100),
      every: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

interface ModelBatch {
  readonly baseOffset: number
  readonly endOffset: number
  readonly bytes: number
  readonly timestampMs: number
  readonly values: readonly string[]
}

/** A partition as it should be: the simplest that could be right. */
class Model {
  batches: ModelBatch[] = []
  startOffset = 0
  endOffset = 0
  #made = 0

  async append(log: TenantLog, count: number): Promise<void> {
    const values = Array.from({ length: count }, () => `${this.#made++}`.padEnd((this.#made * 37) % 400, '.'))
    const timestampMs = (this.#made * 7919) % 1000
    const bytes = batchOf(values, timestampMs).length
    assert.equal(await appended(log, values, timestampMs), this.endOffset)
    const endOffset = this.endOffset + count
    this.batches.push({ baseOffset: this.endOffset, endOffset, bytes, timestampMs: timestampMs + count - 1, values })
    this.endOffset = endOffset
  }

  async delete(log: TenantLog, percent: number): Promise<void> {
    const before = Math.floor((this.endOffset * percent) / 100)
    this.startOffset = Math.max(this.startOffset, before)
    this.batches = this.batches.filter(({ endOffset }) => endOffset > this.startOffset)
    const { startOffset, endOffset } = this
    assert.deepEqual(await log.deleteRecords(at, before), { ok: true, startOffset, endOffset })
  }

  /** Keeps every so manieth batch. */
  async rewrite(log: TenantLog, percent: number, every: number): Promise<void> {
    const before = Math.ceil((this.endOffset * percent) / 100)
    const stays = (offset: number): boolean => offset % every === 0
    const shown: number[] = []
    const result = await log.rewrite(at, {
      before,
      replace: (batch) => {
        shown.push(baseOffset(batch))
        return stays(baseOffset(batch)) ? batch : undefined
      },
    })
    assert.ok(result.ok)
    const isShown = ({ endOffset }: ModelBatch): boolean => endOffset <= before && endOffset < this.endOffset
    assert.deepEqual(
      shown,
      this.batches.filter(isShown).map((batch) => batch.baseOffset),
    )
    const { rewrittenTo } = result
    const shownTo = this.batches.findLast(isShown)?.endOffset ?? this.startOffset
    assert.ok(rewrittenTo <= before && rewrittenTo >= Math.min(before, shownTo), `it came to ${rewrittenTo}`)
    assert.ok(this.batches.every((batch) => batch.endOffset > rewrittenTo || isShown(batch)))
    this.batches = this.batches.filter((batch) => !isShown(batch) || stays(batch.baseOffset))
  }

  async check(log: TenantLog): Promise<void> {
    const { startOffset, endOffset, batches } = this
    assert.deepEqual(await log.bounds(at), { startOffset, endOffset })
    const records = batches
      .flatMap(({ baseOffset, values }) => values.map((value, i): [number, string] => [baseOffset + i, value]))
      .filter(([offset]) => offset >= startOffset)
    for (const from of [startOffset, Math.floor((startOffset + endOffset) / 2), endOffset]) {
      assert.deepEqual(
        await recordsFrom(log, from),
        records.filter(([offset]) => offset >= from),
      )
    }
    const bytesFrom = (offset: number): number =>
      batches.reduce((sum, batch) => sum + (batch.baseOffset >= offset ? batch.bytes : 0), 0)
    const held = bytesFrom(0)
    // One that ends right at the start may be counted, until its space is given back.
    const size = (await log.size(at))!
    assert.ok(size >= held && size <= held + 1500, `${size} bytes for ${held}`)
    for (const bytes of [0, Math.floor(held / 2), held]) {
      const found = (await log.findSize(at, bytes))!
      assert.ok(found >= startOffset && found <= endOffset)
      const previous = batches.findLast((batch) => batch.baseOffset < found)
      assert.ok(found === startOffset || bytesFrom(found) <= bytes)
      assert.ok(!previous || found === startOffset || bytesFrom(previous.baseOffset) > bytes)
    }
    for (const timestampMs of [0, 300, 700, 1100]) {
      const first = batches.find((batch) => batch.timestampMs >= timestampMs)
      const expected = first && { offset: Math.max(first.baseOffset, startOffset), timestampMs: first.timestampMs }
      assert.deepEqual(await log.findTimestamp(at, timestampMs), expected)
    }
  }
}

export const modelCases = (withTopic: WithTopic): Cases => ({
  'whatever is appended, given up, rewritten and opened again, a partition is what it should be': () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) =>
        withTopic(async ({ opened, tenant, log }) => {
          const model = new Model()
          let current = log
          const take = async (one: Step): Promise<void> => {
            if (one.kind === 'append') await model.append(current, one.records)
            else if (one.kind === 'delete') await model.delete(current, one.percent)
            else if (one.kind === 'rewrite') await model.rewrite(current, one.percent, one.every)
            else if (opened.reopen) current = (await opened.reopen()).forTenant(tenant)
          }
          for (const [turn, one] of steps.entries()) {
            await take(one)
            // Something between the partition's own.
            await appended(current, [`${turn}`.padEnd(150, '-')], 0, otherAt)
          }
          await model.check(current)
          assert.equal((await recordsFrom(current, 0, otherAt)).length, steps.length)
        })(),
      ),
      { numRuns: 15 },
    ),
})
