import { type Measure, measure } from '../result.ts'
import { type Risen, risingLoad, type Step } from '../overload/rising-load.ts'
import type { Scenario } from '../scenario.ts'

/** What is promised of a node that has three times as much to do as it can. */
const goodputKept = 0.9
const requestP99Ms = 500
const shareBetween = [1.7, 2.3] as const

/** Many producers of small requests, up to three times what the node can do, with backpressure and, as the peer, without. */
export const overloadScenario: Scenario = async ({ runs, small, progress }) => {
  const size = small
    ? { connections: 8, warmUpMs: 200, settlingMs: 100, measuredMs: 300 }
    : { connections: 200, warmUpMs: 4_000, settlingMs: 1_500, measuredMs: 3_000 }
  const [held, free]: [Risen[], Risen[]] = [[], []]
  for (let run = 0; run < runs; run++) {
    let capacity: number | undefined
    for (const backpressure of run % 2 ? [true, false] : [false, true]) {
      progress(`${backpressure ? 'with' : 'without'} backpressure, run ${run + 1}`)
      const risen = await risingLoad({ ...size, backpressure, capacity, progress })
      capacity = risen.capacity
      ;(backpressure ? held : free).push(risen)
    }
  }
  return measuresOf(held, free)
}

function measuresOf(held: readonly Risen[], free: readonly Risen[]): Measure[] {
  const taken = (times: number, value: (step: Step) => number) => ({
    ours: held.map((risen) => value(at(risen, times))),
    peer: free.map((risen) => value(at(risen, times))),
  })
  const kept = {
    ours: held.map((risen, run) => keptOf(risen, free[run]!)),
    peer: free.map((risen, run) => keptOf(risen, held[run]!)),
  }
  const goodput = (times: number): Measure =>
    beside(
      `overload_goodput_${times}x`,
      'requests/s',
      taken(times, (step) => step.goodput),
    )
  return [
    goodput(1),
    goodput(2),
    goodput(3),
    judged(
      beside('overload_goodput_kept_3x', 'of the highest', kept),
      `≥ ${goodputKept}`,
      (share) => share >= goodputKept,
    ),
    judged(
      beside(
        'overload_request_p99_3x',
        'ms',
        taken(3, ({ small, large }) => Math.max(small.sentP99, large.sentP99)),
      ),
      `≤ ${requestP99Ms} ms`,
      (ms) => ms <= requestP99Ms,
    ),
    judged(
      beside(
        'overload_quiet_p99_3x',
        'ms',
        taken(3, ({ quiet }) => quiet.wantedP99),
      ),
      `≤ ${requestP99Ms} ms`,
      (ms) => ms <= requestP99Ms,
    ),
    judged(
      beside(
        'overload_share_3x',
        'large over small',
        taken(3, ({ small, large }) => large.perSecond / small.perSecond),
      ),
      `${shareBetween[0]} to ${shareBetween[1]}, by quota`,
      (share) => share >= shareBetween[0] && share <= shareBetween[1],
    ),
    beside(
      'overload_recovered_p99',
      'ms',
      taken(0.5, ({ small, large }) => Math.max(small.sentP99, large.sentP99)),
    ),
  ]
}

/** Of what the node did at best in the same minute, held back or not. */
const keptOf = (risen: Risen, beside: Risen): number =>
  at(risen, 3).goodput / Math.max(...[...risen.steps, ...beside.steps].map(({ goodput }) => goodput))

const at = ({ steps }: Risen, times: number): Step => steps.find((step) => step.times === times)!

function beside(
  id: string,
  unit: string,
  { ours, peer }: { ours: readonly number[]; peer: readonly number[] },
): Measure {
  const theirs = measure(id, unit, peer)
  const mine = measure(id, unit, ours)
  return { ...mine, peer: theirs.ours, peerRuns: theirs.runs, ratio: Number((mine.ours / theirs.ours).toPrecision(4)) }
}

/** By our own figure: beside the peer's it says what it is worth. */
const judged = (taken: Measure, bar: string, meets: (ours: number) => boolean): Measure => ({
  ...taken,
  bar,
  met: meets(taken.ours),
})
