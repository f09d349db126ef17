import { KafkaConnection } from '../kafka-connection.ts'
import { type Broker, type Home, koine, syncDisks, type System } from './systems.ts'
import { Tools } from './tools.ts'
import { createTopic, osDurability, type TopicSpec } from './topics.ts'

/** What both sides did in the counted runs, in order. */
export interface Both<T> {
  readonly ours: readonly T[]
  readonly peer: readonly T[]
}

export interface VersusOptions {
  readonly kafka: System
  readonly classPath: string
  readonly runs: number
  readonly records: number
  readonly progress: (line: string) => void
}

export type Durability = 'os' | 'sync'

/** One side while it is measured. */
export interface Side {
  readonly system: System
  readonly home: Home
  broker: Broker
}

/** The two systems, each taken in turn with the other. */
export class Versus {
  readonly tools: Tools
  readonly records: number
  readonly #options: VersusOptions

  constructor(options: VersusOptions) {
    this.#options = options
    this.records = options.records
    this.tools = new Tools(options.classPath)
  }

  /**
   * Takes a figure of each side in turn, the first of each uncounted, the order changing with each run. What one has
   * written is on the disk before the other begins.
   */
  async alternate<T>(take: (system: System, run: number) => Promise<T>): Promise<Both<T>> {
    const both = { ours: [] as T[], peer: [] as T[] }
    const sides = [koine, this.#options.kafka]
    for (let run = 0; run <= this.#options.runs; run++) {
      for (const system of run % 2 ? sides.toReversed() : sides) {
        syncDisks()
        const taken = await take(system, run)
        this.#options.progress(`  ${system.name} ${run === 0 ? 'warm-up' : `run ${run}`}: ${JSON.stringify(taken)}`)
        if (run > 0) (system === koine ? both.ours : both.peer).push(taken)
      }
    }
    return both
  }

  /** As `alternate`, over one process of each that runs all the time, so that the peer's compiler has warmed up. */
  async alternateRunning<T>(take: (side: Side, run: number) => Promise<T>): Promise<Both<T>> {
    await using ours = await running(koine)
    await using peer = await running(this.#options.kafka)
    return await this.alternate((system, run) => take(system === koine ? ours : peer, run))
  }
}

async function running(system: System): Promise<Side & AsyncDisposable> {
  await using opened = new AsyncDisposableStack()
  const home = opened.use(await system.home())
  const side = { system, home, broker: await system.start(home) }
  opened.defer(() => side.broker[Symbol.asyncDispose]())
  const all = opened.move()
  return Object.assign(side, { [Symbol.asyncDispose]: () => all.disposeAsync() })
}

export async function restart(side: Side, meanwhile: () => void): Promise<void> {
  await side.broker[Symbol.asyncDispose]()
  meanwhile()
  side.broker = await side.system.start(side.home)
}

/** Makes a topic of a side; for ours with a durability. Returns the durability that it really has. */
export async function makeTopic(
  { system, broker: { address } }: Pick<Side, 'system' | 'broker'>,
  spec: TopicSpec,
  durability: Durability,
): Promise<Durability> {
  using connection = await KafkaConnection.connect(address)
  const os = system === koine && durability === 'os' ? await osDurability(address) : undefined
  await createTopic(connection, system === koine ? { ...spec, settings: { ...os } } : spec)
  return durability === 'os' && (system !== koine || os) ? 'os' : 'sync'
}

/** What the record says where ours could not be measured as the bar means it. */
export const durabilityNote = (wanted: Durability, had: Durability): string | undefined =>
  wanted === had ? undefined : `ours measured as \`${had}\`: topics have no durability setting yet`
