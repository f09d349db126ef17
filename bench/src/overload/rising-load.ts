import { temporaryDirectory } from '@koine/base/testing'
import { startServer, type ServerProcess } from '@koine/server/testing'
import { type Met, phase, TenantLoad } from './load.ts'
import { makeTenant } from './tenants.ts'

/** Of what the node can do. The last one shows that it recovers. */
export const steps = [1, 2, 3, 0.5] as const

export interface RisingLoad {
  readonly backpressure: boolean
  /** That send at the first step; at every further step others come along, as many as it says. */
  readonly connections: number
  /** Requests a second that are taken to be what the node can do; measured when not given. */
  readonly capacity?: number | undefined
  readonly warmUpMs: number
  readonly settlingMs: number
  readonly measuredMs: number
  readonly progress: (line: string) => void
}

export interface Step {
  readonly times: number
  /** Requests answered a second, of all tenants. */
  readonly goodput: number
  readonly small: Met
  /** Twice the quota. */
  readonly large: Met
  /** Far within its part, on a few connections. */
  readonly quiet: Met
}

export interface Risen {
  readonly capacity: number
  readonly steps: readonly Step[]
}

const inFlightMax = 5
const quietConnections = 8
const quietShare = 0.03

/** A server of its own under a load that rises to three times what it can do, and falls to half of that. */
export async function risingLoad(load: RisingLoad): Promise<Risen> {
  await using directory = temporaryDirectory()
  const environment = { KOINE_STREAMS_BACKPRESSURE_ENABLED: `${load.backpressure}`, KOINE_PROBE_INTERVALMS: '0' }
  await using server = await startServer({ dataDir: directory.path, environment })
  return await rise(server, load)
}

async function rise(server: ServerProcess, load: RisingLoad): Promise<Risen> {
  const { connections, settlingMs, measuredMs, progress } = load
  const each = { connections: (Math.max(...steps) * connections) / 2, inFlightMax }
  using small = await TenantLoad.open(server, await makeTenant(server, 'small', 1e9), each)
  using large = await TenantLoad.open(server, await makeTenant(server, 'large', 2e9), each)
  const few = { connections: quietConnections, inFlightMax }
  using quiet = await TenantLoad.open(server, await makeTenant(server, 'quiet', 1e9), few)
  const loads = [small, large, quiet] as const
  // Everybody sends all it may: compilers warm up, and it is seen what the node can do.
  for (const flood of [small, large]) flood.offer({ connections: connections / 2, perSecondEach: 1e4 })
  const warm = await phase(loads, { settlingMs: load.warmUpMs, measuredMs })
  const capacity = load.capacity ?? warm[0]!.perSecond + warm[1]!.perSecond
  const perSecondEach = ((1 - quietShare) * capacity) / connections
  const taken: Step[] = []
  for (const times of steps) {
    for (const flood of [small, large]) flood.offer({ connections: (times * connections) / 2, perSecondEach })
    quiet.offer({ connections: quietConnections, perSecondEach: (quietShare * capacity) / quietConnections })
    const [ofSmall, ofLarge, ofQuiet] = await phase(loads, { settlingMs, measuredMs })
    const goodput = ofSmall!.perSecond + ofLarge!.perSecond + ofQuiet!.perSecond
    taken.push({ times, goodput, small: ofSmall!, large: ofLarge!, quiet: ofQuiet! })
    progress(
      `  ${times} × ${Math.round(capacity)}/s: ${Math.round(goodput)}/s, small ${Math.round(ofSmall!.perSecond)}, large ${Math.round(ofLarge!.perSecond)}; p99 ${Math.round(ofLarge!.sentP99)} ms, quiet ${Math.round(ofQuiet!.wantedP99)} ms`,
    )
  }
  return { capacity, steps: taken }
}
