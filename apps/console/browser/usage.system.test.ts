import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { peer, temporaryDirectory } from '@koine/base/testing'
import type { Browser, Locator } from 'playwright-core'
import { buildConsole, launchBrowser } from './browser.ts'
import { KafkaClient } from './kafka-client.ts'
import { type KoineProcess, startKoine } from './koine-process.ts'
import { StreamsPage } from './streams-page.ts'

const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }
/** Quotas that a test can come to. */
const quotas = ['--streams-quotas-produce-bytes-per-second=20000', '--streams-quotas-partitions=10']

/** Produces more than the quota, again and again: a first burst alone is let pass. */
async function flooded(kafka: KafkaClient, signal: AbortSignal): Promise<void> {
  const messages = Array.from({ length: 100 }, () => ({ value: 'x'.repeat(1_000) }))
  while (!signal.aborted) {
    // Once a minute's worth is owed it is refused, with a code that this client doesn't know.
    await kafka.produce('orders', messages).catch(() => {})
  }
}

describe('the page of what a tenant uses, in a browser', { skip: peer('chromium') }, () => {
  const started = new AsyncDisposableStack()
  let koine: KoineProcess
  let kafka: KafkaClient
  let browser: Browser

  before(async () => {
    await buildConsole()
    koine = started.use(await startKoine(started.use(temporaryDirectory()).path, '0', quotas))
    kafka = new KafkaClient(koine)
    browser = await launchBrowser()
    started.defer(() => browser.close())
  })
  after(() => started.disposeAsync())

  const open = (options = {}): Promise<StreamsPage> => StreamsPage.open(browser, koine, '/streams/usage', options)
  const region = ({ page }: StreamsPage, name: string): Locator => page.getByRole('region', { name, exact: true })
  const meter = ({ page }: StreamsPage, name: string): Locator => page.getByRole('meter', { name, exact: true })

  test('a tenant sees its quotas, what it uses of them as it changes, and what it was throttled for', async () => {
    await using tab = await open()
    await tab.page.getByText('Within all quotas').waitFor()
    await region(tab, 'Produce').getByText('of 19.5 KiB/s').waitFor()
    assert.equal(await meter(tab, 'Partitions').getAttribute('aria-valuetext'), '6 of 10, 60%', 'the platform’s')

    await kafka.createTopic('orders', 2)
    await tab.page.getByText('Near the quota: partitions').waitFor()
    assert.equal(await meter(tab, 'Partitions').getAttribute('aria-valuenow'), '80')

    await using _ = await kafka.join('billing', 'orders')
    const flood = new AbortController()
    const flooding = flooded(kafka, flood.signal)
    await tab.page.getByText(/^At the quota: .*produce/).waitFor()
    await region(tab, 'Produce')
      .getByText(/^Throttled: .* of waiting in the last minute$/)
      .waitFor()
    flood.abort()
    await flooding
    await region(tab, 'Cache hit rate').getByText('Memory').waitFor()
    await region(tab, 'Where records are')
      .getByText(/ · 1 segment$/)
      .waitFor()
    assert.equal(await tab.page.getByRole('meter').count(), 9, 'one for each quota that there is')
    assert.deepEqual(tab.complaints, [])
  })

  test('it says that it is not up to date when the server is gone, and goes on when it is back', async () => {
    await using tab = await open()
    await tab.page.getByText('Updates by itself').waitFor()
    await tab.page.route('**/v1/streams/usage', (route) => route.abort())
    await tab.page.getByText('Not up to date').waitFor()
    await tab.page.getByRole('alert').getByText('The server can’t be reached.').waitFor()
    await region(tab, 'Produce').waitFor()
    await tab.page.unroute('**/v1/streams/usage')
    await tab.page.getByRole('alert').getByRole('button', { name: 'Try again' }).click()
    await tab.page.getByText('Updates by itself').waitFor()
    await tab.page.getByRole('alert').waitFor({ state: 'detached' })
  })

  test('an answer that never came is said in words, with a way to ask again', async () => {
    await using tab = await StreamsPage.open(browser, koine, '/streams/topics')
    await tab.row('koine.messages').waitFor()
    await tab.page.route('**/v1/streams/usage', (route) =>
      route.fulfill({
        status: 403,
        contentType: 'application/problem+json',
        body: JSON.stringify({ code: 'forbidden', status: 403, title: 'Forbidden', detail: 'Not with this key.' }),
      }),
    )
    await tab.page.getByRole('link', { name: 'Usage' }).click()
    await tab.page.getByText('This key may not look into the cluster.').waitFor()
    await tab.page.unroute('**/v1/streams/usage')
    await tab.page.getByRole('button', { name: 'Try again' }).click()
    await region(tab, 'Produce').waitFor()
  })

  test('on a phone it fits the width, in either theme', async () => {
    for (const colorScheme of ['light', 'dark']) {
      await using tab = await open({ ...phone, colorScheme })
      await region(tab, 'What it holds').waitFor()
      assert.equal(await tab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0)
      await meter(tab, 'Consumer groups').scrollIntoViewIfNeeded()
      assert.ok(await meter(tab, 'Consumer groups').isVisible())
      assert.deepEqual(tab.complaints, [])
    }
  })
})
