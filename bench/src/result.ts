import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'

export interface Measure {
  readonly id: string
  readonly unit: string
  /** The median of `runs`. */
  readonly ours: number
  /** The peer's median, taken in turn with ours in the same minutes. */
  readonly peer?: number
  /** Ours over the peer's. */
  readonly ratio?: number
  /** Every counted run of ours, in order. */
  readonly runs: readonly number[]
  readonly peerRuns?: readonly number[]
  /** The least and the greatest of `runs`, and of `peerRuns`. */
  readonly spread?: readonly [least: number, greatest: number]
  readonly peerSpread?: readonly [least: number, greatest: number]
  /** What the ratio should be. */
  readonly bar?: string
  readonly met?: boolean
  readonly note?: string
}

export interface Result {
  readonly scenario: string
  readonly commit: string
  readonly machine: string
  /** What ours was measured against. */
  readonly peer?: string
  readonly measures: readonly Measure[]
  /** Measures that weren't taken, and why. */
  readonly leftOut?: Readonly<Record<string, string>>
}

export const measure = (id: string, unit: string, runs: readonly number[]): Measure => ({
  id,
  unit,
  ours: median(runs),
  runs: runs.map(rounded),
})

export const spread = (runs: readonly number[]): [least: number, greatest: number] => [
  rounded(Math.min(...runs)),
  rounded(Math.max(...runs)),
]

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return rounded(sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2)
}

/** @param fraction 0.99 for p99 */
export function percentile(values: readonly number[], fraction: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * fraction) - 1)] ?? Number.NaN
}

const rounded = (value: number): number => Number(value.toPrecision(4))

const root = join(import.meta.dirname, '../..')

export function resultOf(scenario: string, measures: readonly Measure[]): Result {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  return {
    scenario,
    commit: git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') ? '+' : ''),
    machine: `${cpus().length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`,
    measures,
  }
}

export function record(result: Result): string {
  const folder = join(root, 'bench/results')
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${result.scenario}.json`)
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`)
  return path
}

export function table({ machine, peer: versus, measures, leftOut = {} }: Result): string {
  const rows = measures.map(({ id, unit, ours, peer, ratio, bar, met, runs, peerRuns = [] }) => [
    id,
    `${ours}`,
    unit,
    peer === undefined ? '' : `${peer}`,
    ratio === undefined ? '' : `${ratio}`,
    bar === undefined ? '' : `${bar} ${met ? 'met' : 'NOT MET'}`,
    runs.join(' '),
    peerRuns.join(' '),
  ])
  const head = ['measure', 'ours', 'unit', 'peer', 'ratio', 'bar', 'runs', 'peer runs']
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd()
  const notes = measures.flatMap(({ id, note }) => (note === undefined ? [] : [`${id}: ${note}`]))
  const absent = Object.entries(leftOut).map(([id, why]) => `${id}: left out, ${why}`)
  const above = versus === undefined ? machine : `${machine}\nPeer: ${versus}`
  const rule = line(widths.map((width) => '-'.repeat(width)))
  return [above, '', line(head), rule, ...rows.map(line), '', ...notes, ...absent].join('\n').trimEnd()
}
