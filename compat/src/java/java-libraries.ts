import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '../program.ts'

const cache = join(import.meta.dirname, '../../../.cache')
const pom = join(import.meta.dirname, 'pom.xml')
const source = readFileSync(pom, 'utf8')

/** Of Apache Kafka, as pom.xml says. */
export const kafkaVersion = /<kafka.version>(.+)<\/kafka.version>/.exec(source)![1]!

/**
 * The class path of Apache Kafka's clients and tools, which Maven fetches the first time and whenever pom.xml has
 * changed. Needs `mvn`.
 */
export async function javaLibraries(): Promise<string> {
  const fingerprint = createHash('sha256').update(source).digest('hex').slice(0, 12)
  const folder = join(cache, `kafka-java-${kafkaVersion}-${fingerprint}`)
  if (!existsSync(folder)) await fetchInto(folder)
  return join(folder, '*')
}

async function fetchInto(folder: string): Promise<void> {
  await mkdir(cache, { recursive: true })
  const partial = await mkdtemp(`${folder}-partial-`)
  try {
    const args = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${partial}`]
    const { exitCode, stdout, stderr } = await runProgram('mvn', args, { timeoutMs: 300_000 })
    if (exitCode !== 0) throw new Error(`Maven could not fetch the Java clients:\n${stdout}\n${stderr}`)
    await rename(partial, folder)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
}
