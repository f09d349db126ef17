import assert from 'node:assert/strict'
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { peer, until } from '@koine/base/testing'
import { scenarios } from '../../scenarios.ts'
import { kafkaVersion } from '../java-libraries.ts'
import { type JavaSuite, openJavaSuite } from '../java-suite.ts'

const skip = peer('java', 'mvn')
const text = 'org.apache.kafka.connect.storage.StringConverter'

scenarios({ suite: 'java connect', version: kafkaVersion, folder: import.meta.dirname, skip }, (scenario) => {
  let suite: JavaSuite
  before(async () => {
    suite = await openJavaSuite()
  })
  after(() => suite[Symbol.asyncDispose]())

  /** Runs a standalone worker until it has written so many lines, and ends it in order. */
  async function runWorker(files: { source: string; sink: string; count: number }): Promise<string[]> {
    const { client, directory } = suite
    const identity = [...client.identity(), ...client.identity('producer.'), ...client.identity('consumer.')]
    const worker = client.file('properties', [
      ...identity,
      ...[`key.converter=${text}`, `value.converter=${text}`, 'listeners=http://127.0.0.1:0'],
      ...[`offset.storage.file.filename=${join(directory, 'connect.offsets')}`, 'offset.flush.interval.ms=500'],
      'plugin.discovery=only_scan',
    ])
    const connector = (name: string, kind: string, file: string, topics: string) =>
      client.file('properties', [
        ...[`name=${name}`, `connector.class=org.apache.kafka.connect.file.FileStream${kind}Connector`],
        ...['tasks.max=1', `file=${file}`, topics],
      ])
    const source = connector('lines-in', 'Source', files.source, 'topic=connected')
    const sink = connector('lines-out', 'Sink', files.sink, 'topics=connected')
    await using running = client.start('org.apache.kafka.connect.cli.ConnectStandalone', [worker, source, sink])
    const written = () => (existsSync(files.sink) ? readFileSync(files.sink, 'utf8').split('\n').slice(0, -1) : [])
    await until('the sink has all lines', () => written().length >= files.count, 60_000).catch((error: unknown) => {
      throw new Error(`${String(error)}; it wrote:\n${running.complaints.join('\n')}`)
    })
    running.signal('SIGTERM')
    await running.exited
    return written()
  }

  scenario('a standalone worker copies a file through a topic, and goes on where it stopped', async () => {
    const [source, sink] = [join(suite.directory, 'in.txt'), join(suite.directory, 'out.txt')]
    const lines = Array.from({ length: 300 }, (_, i) => `line ${i}`)
    writeFileSync(source, `${lines.slice(0, 200).join('\n')}\n`)
    assert.deepEqual(await runWorker({ source, sink, count: 200 }), lines.slice(0, 200))
    appendFileSync(source, `${lines.slice(200).join('\n')}\n`)
    assert.deepEqual(await runWorker({ source, sink, count: 300 }), lines)
    assert.match(await suite.tools.groups('--describe', '--group', 'connect-lines-out'), /connected +0 +300 +300 +0/)
    assert.deepEqual(await suite.tools.consume('connected', 300), lines)
  })
})
