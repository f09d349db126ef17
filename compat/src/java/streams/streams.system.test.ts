import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { peer, until } from '@koine/base/testing'
import type { RunningProgram } from '../../program.ts'
import { scenarios } from '../../scenarios.ts'
import { kafkaVersion } from '../java-libraries.ts'
import { type JavaSuite, openJavaSuite } from '../java-suite.ts'

const skip = peer('java', 'mvn')
const words = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta']

/** Lines of three words each, every word as often as any other. */
const linesOf = (count: number): string =>
  Array.from({ length: count }, (_, i) => [0, 1, 2].map((j) => words[(i * 3 + j) % words.length]).join(' ')).join('\n')

scenarios({ suite: 'java streams', version: kafkaVersion, folder: import.meta.dirname, skip }, (scenario) => {
  let suite: JavaSuite
  before(async () => {
    suite = await openJavaSuite(`${import.meta.dirname}/WordCount.java`)
  })
  after(() => suite[Symbol.asyncDispose]())

  /** An instance of the application, running. */
  async function startInstance(name: string, settings: Record<string, string>): Promise<RunningProgram> {
    const properties = suite.client.properties({
      ...settings,
      'client.id': name,
      'state.dir': join(suite.directory, `state-${name}`),
      'session.timeout.ms': '6000',
      'heartbeat.interval.ms': '500',
      'commit.interval.ms': '200',
      'default.dsl.store': 'in_memory',
    })
    const instance = suite.client.start('WordCount', [properties, 'lines', 'counts'])
    const running = () => instance.lines.at(-1) === 'RUNNING'
    await until(`${name} runs`, running, 60_000).catch((error: unknown) => {
      throw new Error(`${String(error)}; it wrote:\n${[...instance.lines, ...instance.complaints].join('\n')}`)
    })
    return instance
  }

  scenario('counts words exactly once, though an instance is killed and comes back', async () => {
    const { tools } = suite
    for (const topic of ['lines', 'counts']) await tools.topics('--create', '--topic', topic, '--partitions', '2')
    const settings = { 'application.id': 'word-count' }
    await using steady = await startInstance('steady', settings)
    const killed = await startInstance('killed', settings)
    await tools.produce('lines', linesOf(700))
    killed.signal('SIGKILL')
    await killed.exited
    await tools.produce('lines', linesOf(700))
    await using again = await startInstance('killed', settings)
    await tools.produce('lines', linesOf(700))

    const keyed = ['--formatter-property', 'print.key=true', '--isolation-level', 'read_committed']
    const counts = await tools.consume('counts', 700 * 3 * 3, ...keyed)
    for (const word of words) {
      const told = counts.map((line) => line.split('\t')).filter(([key]) => key === word)
      const numbers = told.map(([, count]) => Number(count))
      assert.deepEqual(
        numbers,
        Array.from({ length: 900 }, (_, i) => i + 1),
        word,
      )
    }
    for (const instance of [steady, again]) {
      instance.signal('SIGTERM')
      await instance.exited
    }
    assert.match(await tools.groups('--describe', '--group', 'word-count'), /word-count +lines +\d +(\d+) +\1 +0/)
  })
})
