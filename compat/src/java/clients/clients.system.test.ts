import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { peer } from '@koine/base/testing'
import { scenarios } from '../../scenarios.ts'
import { kafkaVersion } from '../java-libraries.ts'
import { type JavaSuite, openJavaSuite } from '../java-suite.ts'

const skip = peer('java', 'mvn')

scenarios({ suite: 'java clients', version: kafkaVersion, folder: import.meta.dirname, skip }, (scenario) => {
  let suite: JavaSuite
  before(async () => {
    suite = await openJavaSuite(`${import.meta.dirname}/Transactions.java`)
  })
  after(() => suite[Symbol.asyncDispose]())

  /** What a story printed. */
  async function tell(
    story: string,
    settings: Record<string, string> = {},
    topic = `told-${story}`,
  ): Promise<string[]> {
    const { exitCode, stdout, stderr } = await suite.client.run('Transactions', [
      ...[suite.client.properties(settings), story, topic],
    ])
    assert.equal(exitCode, 0, `${stdout}\n${stderr}`)
    return stdout.trim().split('\n')
  }

  scenario('a read-committed consumer sees what was committed, up to the first open transaction', async () => {
    assert.deepEqual(await tell('commit-and-abort'), [
      'committed while one is open: kept-1, kept-2',
      'uncommitted: kept-1, kept-2, dropped-1, dropped-2, open, after the open one',
      'committed: kept-1, kept-2, open, after the open one',
    ])
  })

  scenario('a producer whose transactional id another one has taken over is fenced', async () => {
    assert.deepEqual(await tell('fence'), ['zombie: fenced', 'committed: by the living'])
  })

  for (const protocol of ['classic', 'consumer']) {
    scenario(`consume, transform, produce: a group of the ${protocol} protocol, exactly once`, async () => {
      assert.deepEqual(await tell('copy', { 'group.protocol': protocol }, `copied-${protocol}`), [
        'abort: 1, 2, 3',
        'commit: 1, 2, 3',
        'commit: 4, 5, 6',
        'copied: 1, 2, 3, 4, 5, 6',
      ])
    })
  }

  scenario(
    'the transaction of a producer that is gone times out, and what was behind it becomes readable',
    async () => {
      assert.deepEqual(await tell('time-out'), ['committed: behind it', 'late: refused'])
    },
  )

  scenario('of sixty transactions the aborted ones are never seen', async () => {
    assert.deepEqual(await tell('many'), ['kept: 400', 'seen: 400', 'aborted among them: 0', 'distinct: 400'])
  })
})
