import { describe, test } from 'node:test'
import { peer } from '@koine/base/testing'
import { readAllowList } from '../allow-list.ts'
import { conclude, recordSkipped } from '../scenarios.ts'
import { startCompatServer } from '../server.ts'
import { franzGoVersion, runKgo } from './kgo-suite.ts'

const skip = peer('go')
const suite = { suite: 'franz-go pkg/kgo', version: franzGoVersion }
const allowed = readAllowList(import.meta.dirname)
if (skip) recordSkipped({ ...suite, allowed, reason: skip })

describe(`franz-go ${franzGoVersion}`, { skip }, () => {
  test('what is listed of the tests of pkg/kgo passes', async () => {
    await using server = await startCompatServer({ flags: ['--kafka-anonymous-tenant=acme'] })
    const outcomes = await runKgo({
      parallel: 4,
      timeoutMs: 8 * 60_000,
      environment: {
        KGO_SEEDS: server.bootstrap,
        KGO_TEST_RF: '1',
        KGO_TEST_UNSAFE: '1',
        KGO_TEST_SCRAM: `${server.acme.id}:${server.acme.secret}`,
        KGO_TEST_SCRAM_SEEDS: server.bootstrap,
        KGO_LOG_LEVEL: 'none',
      },
    })
    conclude({ ...suite, allowed, outcomes })
  })
})
