/** What ProducerPerformance tells of all its records. */
export interface Produced {
  readonly records: number
  /** In MiB, which the tool calls MB. */
  readonly megabytesPerSecond: number
}

/** @throws Error when the tool hasn't sent all records */
export function producedFrom(output: string, expected: number): Produced {
  const total = output.split('\n').findLast((line) => line.includes('99.9th'))
  const found = /^(\d+) records sent, [\d.]+ records\/sec \(([\d.]+) MB\/sec\)/.exec(total ?? '')
  if (!found || Number(found[1]) !== expected) throw unexpected('ProducerPerformance', output)
  return { records: expected, megabytesPerSecond: Number(found[2]) }
}

/** Bytes a second, by the last line that ProducerPerformance has written on its way; NaN before the first. */
export function progressFrom(output: string): number {
  const last = [...output.matchAll(/records\/sec \(([\d.]+) MB\/sec\)/g)].at(-1)
  return last ? Number(last[1]) * 2 ** 20 : Number.NaN
}

/**
 * MiB a second of ConsumerPerformance, without the time that joining the group took.
 * @throws Error when it has consumed less than expected
 */
export function consumedFrom(output: string, expected: number): number {
  const lines = output.split('\n').map((line) => line.split(', '))
  const names = lines.find(([first]) => first === 'start.time')
  const cells = lines.findLast((line) => line.length === names?.length && /^\d{4}-/.test(line[0]!))
  const cell = (name: string): number => Number(cells?.[names?.indexOf(name) ?? -1])
  const rate = cell('fetch.MB.sec')
  if (!(cell('data.consumed.in.nMsg') >= expected) || !Number.isFinite(rate)) {
    throw unexpected('ConsumerPerformance', output)
  }
  return rate
}

/** In milliseconds. */
export interface Latencies {
  readonly p50: number
  readonly p99: number
  readonly mean: number
}

/** What EndToEndLatency tells, its percentiles from the clock inside its clients. */
export function latenciesFrom(output: string, expected: number): Latencies {
  const mean = /^Avg latency: ([\d.]+) ms$/m.exec(output)
  const clock = /^LatencyClock: count = (\d+), p50 = (\d+) us, p99 = (\d+) us$/m.exec(output)
  if (!mean || !clock || Number(clock[1]) !== expected) throw unexpected('EndToEndLatency', output)
  return { p50: Number(clock[2]) / 1000, p99: Number(clock[3]) / 1000, mean: Number(mean[1]) }
}

const unexpected = (tool: string, output: string): Error =>
  new Error(`${tool} did not do what it was asked to, or tells it in another way:\n${output.slice(-2000)}`)
