import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consumedFrom, latenciesFrom, producedFrom, progressFrom } from './tool-output.ts'

const produced = `12001 records sent, 2400.2 records/sec (2.34 MB/sec), 1800.1 ms avg latency, 2500.0 ms max latency.
50000 records sent, 8243.3 records/sec (8.05 MB/sec), 2650.21 ms avg latency, 3900.00 ms max latency, 2700 ms 50th, 3800 ms 95th, 3880 ms 99th, 3899 ms 99.9th.
`

test("the producer's rate is that of its last line, not of its progress", () => {
  assert.deepEqual(producedFrom(produced, 50_000), { records: 50_000, megabytesPerSecond: 8.05 })
})

test('a producer that sent fewer records than asked for is a failure', () => {
  assert.throws(() => producedFrom(produced, 60_000), /ProducerPerformance did not do/)
  assert.throws(() => producedFrom('', 1), /ProducerPerformance/)
})

test("a producer's progress is that of its last line", () => {
  assert.equal(progressFrom(produced.split('\n')[0]!), 2.34 * 2 ** 20)
  assert.ok(Number.isNaN(progressFrom('')))
})

const header =
  'start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec'
const line =
  '2026-11-21 07:00:00:123, 2026-11-21 07:00:04:456, 48.8281, 11.2689, 50000, 11539.3492, 3300, 1033, 47.2683, 48402.7106'

test("the consumer's rate leaves out the joining of its group", () => {
  assert.equal(consumedFrom(`${header}\n${line}\n`, 50_000), 47.2683)
})

test('a consumer that gave up early is a failure', () => {
  assert.throws(() => consumedFrom(`${header}\nWARNING: Exiting before consuming\n${line}\n`, 50_001), /ConsumerPerf/)
  assert.throws(() => consumedFrom(`${header}\n`, 1), /ConsumerPerformance/)
})

test('latencies come from the clock in microseconds, the mean from the tool', () => {
  const output = `0\t12.5\nLatencyClock: count = 1000, p50 = 412 us, p99 = 1935 us\nAvg latency: 0.5312 ms\n\nPercentiles: 50th = 0, 99th = 1, 99.9th = 4\n`
  assert.deepEqual(latenciesFrom(output, 1000), { p50: 0.412, p99: 1.935, mean: 0.5312 })
  assert.throws(() => latenciesFrom(output, 1001), /EndToEndLatency/)
})
