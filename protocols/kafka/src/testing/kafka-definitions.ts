import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const version = '4.2.0'
const cache = join(import.meta.dirname, '../../../../.cache')
const folder = join(cache, `kafka-clients-${version}`)
const definitions = join(folder, 'common/message')

/**
 * The folder of Apache Kafka's own message definitions: the one that `KOINE_KAFKA_MESSAGES` names, or those inside the
 * published client library, which Maven fetches the first time. Needs `mvn` and the JDK's `jar`.
 */
export async function kafkaDefinitions(): Promise<string> {
  const named = process.env.KOINE_KAFKA_MESSAGES
  if (named) return named
  if (existsSync(definitions)) return definitions
  await mkdir(cache, { recursive: true })
  const partial = await mkdtemp(`${folder}-partial-`)
  try {
    const artifact = `-Dartifact=org.apache.kafka:kafka-clients:${version}`
    await run('mvn', ['-q', '-B', 'dependency:copy', artifact, `-DoutputDirectory=${partial}`], { timeout: 300_000 })
    await run('jar', ['xf', `kafka-clients-${version}.jar`, 'common/message'], { cwd: partial })
    await rename(partial, folder)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
  return definitions
}
