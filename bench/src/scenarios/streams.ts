import type { Measure, Result } from '../result.ts'
import { kafkaClassPath, kafkaVersion } from '../streams/java.ts'
import { groups } from '../streams/measures.ts'
import { kafkaOf } from '../streams/systems.ts'
import { Versus } from '../streams/versus.ts'

export interface StreamsOptions {
  readonly runs: number
  readonly records: number
  /** Ids of measures, each taken with those of its group; all when empty. */
  readonly only: readonly string[]
  readonly small: boolean
  readonly progress: (line: string) => void
}

export const measureIds = groups.flatMap(({ ids }) => ids)

/** Streams beside one KRaft node of Apache Kafka on the same machine, with Kafka's own measuring tools. */
export async function streamsScenario(
  options: StreamsOptions,
): Promise<Pick<Result, 'peer' | 'leftOut'> & { readonly measures: Measure[] }> {
  const { runs, records, only, small, progress } = options
  const classPath = await kafkaClassPath()
  const kafka = kafkaOf(classPath)
  const versus = new Versus({ kafka, classPath, runs, records, isSmall: small, progress })
  const measures: Measure[] = []
  const leftOut: Record<string, string> = {}
  const startedMs = performance.now()
  for (const group of groups.filter(({ ids }) => only.length === 0 || ids.some((id) => only.includes(id)))) {
    progress(`[${((performance.now() - startedMs) / 60_000).toFixed(1)} min] ${group.ids.join(', ')} …`)
    try {
      measures.push(...(await group.take(versus)))
    } catch (error) {
      // The others are worth having all the same.
      const why = error instanceof Error ? error.message : String(error)
      progress(`  failed: ${why}`)
      for (const id of group.ids) leftOut[id] = `it failed: ${why.slice(0, 1000)}`
    }
  }
  const tools = "Kafka's own measuring tools run on the same cores as what they measure, and take their part of them"
  const peer = `Apache Kafka ${kafkaVersion}, one KRaft node, default settings and heap; ours by default, with tiering only where it is measured. ${tools}`
  return { peer, measures, ...(Object.keys(leftOut).length > 0 && { leftOut }) }
}
