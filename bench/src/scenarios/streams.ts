import type { Measure, Result } from '../result.ts'
import { kafkaClassPath, kafkaVersion } from '../streams/java.ts'
import { leftOut, measures } from '../streams/measures.ts'
import { kafkaOf } from '../streams/systems.ts'
import { Versus } from '../streams/versus.ts'

export interface StreamsOptions {
  readonly runs: number
  readonly records: number
  /** Names of measures; all when empty. */
  readonly only: readonly string[]
  readonly progress: (line: string) => void
}

export const measureNames = Object.keys(measures)

/** Streams beside one KRaft node of Apache Kafka on the same machine, with Kafka's own measuring tools. */
export async function streamsScenario(
  options: StreamsOptions,
): Promise<Pick<Result, 'peer' | 'leftOut'> & { readonly measures: Measure[] }> {
  const { runs, records, only, progress } = options
  const wanted = only.length === 0 ? measureNames : only
  const classPath = await kafkaClassPath()
  const versus = new Versus({ kafka: kafkaOf(classPath), classPath, runs, records, progress })
  const taken: Measure[] = []
  for (const name of wanted) {
    progress(`${name} …`)
    taken.push(...(await measures[name]!(versus)))
  }
  const peer = `Apache Kafka ${kafkaVersion}, one KRaft node, default settings and heap; ${records} records a run`
  return { peer, measures: taken, ...(only.length === 0 && { leftOut }) }
}
