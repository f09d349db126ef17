import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { peer } from '@koine/base/testing'
import { scenarios } from '../scenarios.ts'
import { type CompatServer, type Credential, platformTopic, startCompatServer } from '../server.ts'
import { kcat, kcatVersion, type SaslMechanism } from './kcat.ts'

const readAll = ['-e', '-q', '-o', 'beginning']

const skip = peer('kcat')

scenarios({ suite: 'kcat', version: skip ? 'any' : kcatVersion(), folder: import.meta.dirname, skip }, (scenario) => {
  let server: CompatServer
  before(async () => {
    server = await startCompatServer()
  })
  after(() => server[Symbol.asyncDispose]())

  const run = (args: string[], input?: string, credential: Credential = server.acme, mechanism?: SaslMechanism) =>
    kcat({ bootstrap: server.bootstrap, credential, ...(mechanism && { mechanism }) }, args, input)

  async function succeeds(args: string[], input?: string): Promise<string> {
    const { exitCode, stdout, stderr } = await run(args, input)
    assert.equal(exitCode, 0, stderr)
    return stdout
  }

  scenario('lists the cluster: one broker, and the topic that the platform has made', async () => {
    const listed = await succeeds(['-L'])
    assert.match(listed, /1 brokers:\n {2}broker 1 at 127\.0\.0\.1:\d+ \(controller\)\n 1 topics/)
  })

  scenario('produces to a topic that its first use makes, and consumes what it produced in order', async () => {
    await succeeds(['-P', '-t', 'made-by-use'], 'one\ntwo\nthree\n')
    assert.equal(await succeeds(['-C', '-t', 'made-by-use', ...readAll, '-f', '%o %s\n']), '0 one\n1 two\n2 three\n')
    assert.match(await succeeds(['-L', '-t', 'made-by-use']), /topic "made-by-use" with 1 partitions/)
  })

  scenario('keeps keys, headers and empty values', async () => {
    await succeeds(['-P', '-t', 'keyed', '-K', ':', '-H', 'colour=blue', '-Z'], 'a:1\nb:\n')
    const format = '%k=%s(%S) %h\n'
    assert.equal(
      await succeeds(['-C', '-t', 'keyed', ...readAll, '-f', format]),
      'a=1(1) colour=blue\nb=(-1) colour=blue\n',
    )
  })

  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd']) {
    scenario(`reads back what it compressed with ${codec}`, async () => {
      const lines = Array.from({ length: 200 }, (_, i) => `line ${i} of many that look alike\n`).join('')
      await succeeds(['-P', '-t', `in-${codec}`, '-z', codec], lines)
      assert.equal(await succeeds(['-C', '-t', `in-${codec}`, ...readAll]), lines)
    })
  }

  scenario('produces idempotently and with every kind of acknowledgement', async () => {
    await succeeds(['-P', '-t', 'safe', '-X', 'enable.idempotence=true'], 'a\nb\n')
    await succeeds(['-P', '-t', 'safe', '-X', 'acks=1'], 'c\n')
    await succeeds(['-P', '-t', 'safe', '-X', 'acks=0'], 'd\n')
    const { stdout } = await run(['-C', '-t', 'safe', '-c', '4', '-q', '-o', 'beginning'])
    assert.equal(stdout, 'a\nb\nc\nd\n')
  })

  scenario('finds offsets by end and by time', async () => {
    await succeeds(['-P', '-t', 'timed'], 'x\ny\n')
    assert.equal(await succeeds(['-Q', '-t', 'timed:0:-1']), 'timed [0] offset 2\n')
    assert.equal(await succeeds(['-Q', '-t', 'timed:0:-2']), 'timed [0] offset 0\n')
    assert.equal(await succeeds(['-Q', '-t', 'timed:0:1000']), 'timed [0] offset 0\n')
    assert.equal(await succeeds(['-C', '-t', 'timed', '-o', '-1', '-e', '-q']), 'y\n')
  })

  scenario('goes on in a group where the consumer before it has committed', async () => {
    await succeeds(['-P', '-t', 'shared'], '1\n2\n')
    const group = ['-G', 'readers', '-X', 'auto.offset.reset=earliest', '-e', '-q', 'shared']
    assert.equal(await succeeds(group), '1\n2\n')
    await succeeds(['-P', '-t', 'shared'], '3\n')
    assert.equal(await succeeds(group), '3\n')
  })

  scenario('reads a platform topic and is refused to write it', async () => {
    const before = await succeeds(['-C', '-t', platformTopic, ...readAll])
    assert.match(before, /koine\.conversation\.created/)
    const { exitCode, stderr } = await run(['-P', '-t', platformTopic], 'forged\n')
    assert.notEqual(exitCode, 0)
    assert.match(stderr, /Topic authorization failed/)
    assert.equal(await succeeds(['-C', '-t', platformTopic, ...readAll]), before)
  })

  scenario('sees nothing of another tenant', async () => {
    await succeeds(['-P', '-t', 'private'], 'ours\n')
    const listed = await run(['-L'], '', server.globex)
    assert.match(listed.stdout, / 1 topics/)
    assert.ok(!listed.stdout.includes('private'))
    const consumed = await run(['-C', '-t', 'private', ...readAll], '', server.globex)
    assert.equal(consumed.stdout, '')
    assert.match(consumed.stderr, /Unknown topic or partition/)
  })

  scenario('is refused with a wrong secret', async () => {
    const { exitCode, stderr } = await run(['-L', '-m', '3'], '', { id: server.acme.id, secret: 'wrong' })
    assert.notEqual(exitCode, 0)
    assert.match(stderr, /Authentication failed|SASL/i)
  })

  scenario('produces in a transaction, which a read-committed consumer sees as a whole', async () => {
    await succeeds(['-P', '-t', 'transacted', '-X', 'transactional.id=kcat-1'], 'one\ntwo\n')
    const isolated = ['-X', 'isolation.level=read_committed']
    assert.equal(await succeeds(['-C', '-t', 'transacted', ...readAll, ...isolated]), 'one\ntwo\n')
    assert.equal(await succeeds(['-Q', '-t', 'transacted:0:-1']), 'transacted [0] offset 3\n')
  })

  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
    scenario(`authenticates with ${mechanism}, and is refused with a wrong secret`, async () => {
      const topic = `by-${mechanism}`
      const produced = await run(['-P', '-t', topic], 'hello\n', server.acme, mechanism)
      assert.equal(produced.exitCode, 0, produced.stderr)
      assert.equal(await succeeds(['-C', '-t', topic, ...readAll]), 'hello\n')
      const refused = await run(['-L', '-m', '3'], '', { id: server.acme.id, secret: 'wrong' }, mechanism)
      assert.notEqual(refused.exitCode, 0)
    })
  }
})
