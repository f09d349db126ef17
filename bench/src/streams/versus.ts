import { KafkaConnection } from '../kafka-connection.ts'
import { type Broker, type Home, koine, syncDisks, type System } from './systems.ts'
import { Tools } from './tools.ts'
import { createTopic, durabilitySetting, type TopicSpec } from './topics.ts'

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
  /** Only to see that it works. */
  readonly isSmall: boolean
  readonly progress: (line: string) => void
}

interface AlternateOptions {
  /** As many as told to the whole, unless told. */
  readonly runs?: number
  /** Uncounted, ahead of the others; 1 unless told. */
  readonly warmUps?: number
}

interface RunningOptions extends AlternateOptions {
  /** Of our process: `withoutTiering` unless told. */
  readonly flags?: readonly string[]
}

/**
 * Kafka has no remote store by default either; and what the one copies there in the background would fall into the turns of
 * the other.
 */
export const withoutTiering = ['--streams-tiering-enabled=false']

export type Durability = 'os' | 'sync'

/** One side while it is measured. */
export interface Side {
  readonly system: System
  readonly home: Home
  readonly broker: Broker
}

/** The two systems, each taken in turn with the other. */
export class Versus {
  readonly tools: Tools
  readonly records: number
  readonly runs: number
  readonly isSmall: boolean
  readonly #options: VersusOptions

  constructor(options: VersusOptions) {
    this.#options = options
    this.records = options.records
    this.runs = options.runs
    this.isSmall = options.isSmall
    this.tools = new Tools(options.classPath)
  }

  /**
   * Takes a figure of each side in turn, the order changing with each run. What one has written is on the disk before
   * the other begins. Warm-ups have the numbers up to 0.
   */
  async alternate<T>(
    take: (system: System, run: number) => Promise<T>,
    { runs = this.runs, warmUps = 1 }: AlternateOptions = {},
  ): Promise<Both<T>> {
    const both = { ours: [] as T[], peer: [] as T[] }
    const sides = [koine, this.#options.kafka]
    for (let run = 1 - warmUps; run <= runs; run++) {
      for (const system of run % 2 ? sides.toReversed() : sides) {
        syncDisks()
        const taken = await take(system, run)
        this.progress(`${system.name} ${run < 1 ? 'warm-up' : `run ${run}`}: ${JSON.stringify(taken)}`)
        if (run > 0) (system === koine ? both.ours : both.peer).push(taken)
      }
    }
    return both
  }

  /** As `alternate`, over one process of each that runs all the time, so that compilers have warmed up. */
  async alternateRunning<T>(
    take: (side: Side, run: number) => Promise<T>,
    { flags = withoutTiering, ...options }: RunningOptions = {},
  ): Promise<Both<T>> {
    await using ours = await running(koine, flags)
    await using peer = await running(this.#options.kafka)
    return await this.alternate((system, run) => take(system === koine ? ours : peer, run), options)
  }

  progress(line: string): void {
    this.#options.progress(`  ${line}`)
  }
}

/** A system that serves over a directory of its own; both go with the disposal. */
export async function running(system: System, flags: readonly string[] = []): Promise<Side & AsyncDisposable> {
  await using opened = new AsyncDisposableStack()
  const home = opened.use(await system.home())
  const broker = opened.use(await system.start(home, flags))
  const all = opened.move()
  return { system, home, broker, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** Makes a topic of a side; for ours with a durability, for Kafka with its default, which is `os`. */
export async function makeTopic(
  { system, broker: { address } }: Pick<Side, 'system' | 'broker'>,
  { settings = {}, ...spec }: TopicSpec,
  durability: Durability,
): Promise<void> {
  using connection = await KafkaConnection.connect(address)
  const ours: Record<string, string> = system === koine ? { [durabilitySetting]: durability } : {}
  await createTopic(connection, { ...spec, settings: { ...settings, ...ours } })
}
