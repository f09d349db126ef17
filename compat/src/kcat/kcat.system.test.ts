import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { peer } from '@koine/base/testing'
import { type Credential, type InProcessServer, startInProcess } from '../in-process-server.ts'
import { kcat } from './kcat.ts'

const readAll = ['-e', '-q', '-o', 'beginning']

describe('kcat', { skip: peer('kcat') }, () => {
  let server: InProcessServer
  before(async () => {
    server = await startInProcess()
  })
  after(() => server[Symbol.asyncDispose]())

  const run = (args: string[], input?: string, credential: Credential = server.acme) =>
    kcat({ port: server.port, credential }, args, input)

  async function succeeds(args: string[], input?: string): Promise<string> {
    const { exitCode, stdout, stderr } = await run(args, input)
    assert.equal(exitCode, 0, stderr)
    return stdout
  }

  test('lists the cluster: one broker, and the topic that the platform has made', async () => {
    const listed = await succeeds(['-L'])
    assert.match(listed, /1 brokers:\n {2}broker 1 at 127\.0\.0\.1:\d+ \(controller\)\n 1 topics/)
  })

  test('produces to a topic that its first use makes, and consumes what it produced in order', async () => {
    await succeeds(['-P', '-t', 'made-by-use'], 'one\ntwo\nthree\n')
    assert.equal(await succeeds(['-C', '-t', 'made-by-use', ...readAll, '-f', '%o %s\n']), '0 one\n1 two\n2 three\n')
    assert.match(await succeeds(['-L', '-t', 'made-by-use']), /topic "made-by-use" with 1 partitions/)
  })

  test('keeps keys, headers and empty values', async () => {
    await succeeds(['-P', '-t', 'keyed', '-K', ':', '-H', 'colour=blue', '-Z'], 'a:1\nb:\n')
    const format = '%k=%s(%S) %h\n'
    assert.equal(
      await succeeds(['-C', '-t', 'keyed', ...readAll, '-f', format]),
      'a=1(1) colour=blue\nb=(-1) colour=blue\n',
    )
  })

  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd']) {
    test(`reads back what it compressed with ${codec}`, async () => {
      const lines = Array.from({ length: 200 }, (_, i) => `line ${i} of many that look alike\n`).join('')
      await succeeds(['-P', '-t', `in-${codec}`, '-z', codec], lines)
      assert.equal(await succeeds(['-C', '-t', `in-${codec}`, ...readAll]), lines)
    })
  }

  test('produces idempotently and with every kind of acknowledgement', async () => {
    await succeeds(['-P', '-t', 'safe', '-X', 'enable.idempotence=true'], 'a\nb\n')
    await succeeds(['-P', '-t', 'safe', '-X', 'acks=1'], 'c\n')
    await succeeds(['-P', '-t', 'safe', '-X', 'acks=0'], 'd\n')
    const { stdout } = await run(['-C', '-t', 'safe', '-c', '4', '-q', '-o', 'beginning'])
    assert.equal(stdout, 'a\nb\nc\nd\n')
  })

  test('finds offsets by end and by time', async () => {
    await succeeds(['-P', '-t', 'timed'], 'x\ny\n')
    assert.equal(await succeeds(['-Q', '-t', 'timed:0:-1']), 'timed [0] offset 2\n')
    assert.equal(await succeeds(['-Q', '-t', 'timed:0:-2']), 'timed [0] offset 0\n')
    assert.equal(await succeeds(['-Q', '-t', 'timed:0:1000']), 'timed [0] offset 0\n')
    assert.equal(await succeeds(['-C', '-t', 'timed', '-o', '-1', '-e', '-q']), 'y\n')
  })

  test('goes on in a group where the consumer before it has committed', async () => {
    await succeeds(['-P', '-t', 'shared'], '1\n2\n')
    const group = ['-G', 'readers', '-X', 'auto.offset.reset=earliest', '-e', '-q', 'shared']
    assert.equal(await succeeds(group), '1\n2\n')
    await succeeds(['-P', '-t', 'shared'], '3\n')
    assert.equal(await succeeds(group), '3\n')
  })

  test('reads a platform topic and is refused to write it', async () => {
    assert.equal(await succeeds(['-C', '-t', server.platformTopic, ...readAll]), '')
    const { exitCode, stderr } = await run(['-P', '-t', server.platformTopic], 'forged\n')
    assert.notEqual(exitCode, 0)
    assert.match(stderr, /Topic authorization failed/)
    assert.equal(await succeeds(['-C', '-t', server.platformTopic, ...readAll]), '')
  })

  test('sees nothing of another tenant', async () => {
    await succeeds(['-P', '-t', 'private'], 'ours\n')
    const listed = await run(['-L'], '', server.globex)
    assert.match(listed.stdout, / 0 topics/)
    const consumed = await run(['-C', '-t', 'private', ...readAll], '', server.globex)
    assert.equal(consumed.stdout, '')
    assert.match(consumed.stderr, /Unknown topic or partition/)
  })

  test('is refused with a wrong secret', async () => {
    const { exitCode, stderr } = await run(['-L', '-m', '3'], '', { id: server.acme.id, secret: 'wrong' })
    assert.notEqual(exitCode, 0)
    assert.match(stderr, /Authentication failed|SASL/i)
  })
})
