/** What the probe does, in the order in which it does it. */
export const probeStages = ['prepare', 'connect', 'sign-in', 'topic', 'produce', 'fetch'] as const
export type ProbeStage = (typeof probeStages)[number]

/**
 * `refused`: nobody listens. `closed`: the server hung up. `timeout`: no answer came. `error`: the answer was an error of the
 * protocol. `wrong`: the answer wasn't what was asked for.
 */
export const probeCauses = ['refused', 'closed', 'timeout', 'error', 'wrong'] as const
export type ProbeCause = (typeof probeCauses)[number]

export class ProbeFailure extends Error {
  readonly reason: ProbeCause

  constructor(reason: ProbeCause, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}
