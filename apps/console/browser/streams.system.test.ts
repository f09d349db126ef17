import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { peer, temporaryDirectory } from '@koine/base/testing'
import type { Browser } from 'playwright-core'
import { buildConsole, launchBrowser } from './browser.ts'
import { KafkaClient } from './kafka-client.ts'
import { type KoineProcess, startKoine } from './koine-process.ts'
import { StreamsPage } from './streams-page.ts'

const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }

describe('the Streams pages in a browser', { skip: peer('chromium') }, () => {
  const started = new AsyncDisposableStack()
  let koine: KoineProcess
  let kafka: KafkaClient
  let browser: Browser

  before(async () => {
    await buildConsole()
    koine = started.use(await startKoine(started.use(temporaryDirectory()).path))
    kafka = new KafkaClient(koine)
    browser = await launchBrowser()
    started.defer(() => browser.close())
  })
  after(() => started.disposeAsync())

  const open = (path: string, options = {}): Promise<StreamsPage> => StreamsPage.open(browser, koine, path, options)

  test('a topic is created, stands in the list beside the platform’s, and is deleted by its name', async () => {
    await using tab = await open('/streams/topics')
    const { page } = tab
    await tab.row('koine.messages').getByText('Platform').waitFor()
    await page.getByRole('button', { name: 'New topic' }).click()
    await page.getByLabel('Name').fill('koine.mine')
    await page.getByText('for the platform’s own topics').waitFor()
    await page.getByLabel('Name').fill('shipments')
    await page.getByLabel('Partitions').fill('3')
    await page.getByLabel('Keeps records').selectOption('For an hour')
    await page.getByRole('button', { name: 'Create the topic' }).click()
    await page.getByText('3 partitions · 0 records').waitFor()
    await page.getByText('No records yet').waitFor()
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('row', { name: 'retention.ms 3600000 1 hour Changed' }).waitFor()

    await page.getByRole('button', { name: 'Delete the topic' }).click()
    const confirm = page.getByRole('dialog').getByRole('button', { name: 'Delete the topic' })
    assert.equal(await confirm.isDisabled(), true)
    await page.getByLabel('Write its name').fill('shipments')
    await confirm.click()
    await page.getByRole('heading', { name: 'Topics' }).waitFor()
    await tab.row('shipments').waitFor({ state: 'detached' })
    assert.deepEqual(tab.complaints, [])
  })

  test('what a Kafka client wrote is shown: JSON, text, bytes, headers and tombstones, each as the reader likes', async () => {
    await kafka.createTopic('orders')
    await kafka.produce('orders', [
      {
        key: 'ada',
        value: '{"total":12.5,"id":12345678901234567890}',
        headers: { trace: 'abc-123', tries: ['1', '2'] },
      },
      { key: 'ben', value: 'just text, κοινή' },
      { value: Buffer.from([0, 255, 254, 65]) },
      { key: 'ada', value: null },
    ])
    await using tab = await open('/streams/topics/orders')
    await tab.message('Tombstone').waitFor()
    const rows = await tab.messages.getByRole('option').allTextContents()
    assert.deepEqual(
      rows.map((row) => /(Tombstone|00 ff fe 41|just text|total)/.exec(row)?.[0]),
      ['Tombstone', '00 ff fe 41', 'just text', 'total'],
      'the newest first',
    )

    await tab.message('total').click()
    const { record } = tab
    await record.getByText('Offset 0').waitFor()
    assert.equal(
      await record.getByLabel('Value as JSON').textContent(),
      '{\n  "total": 12.5,\n  "id": 12345678901234567890\n}',
      'with every digit',
    )
    assert.equal(await record.getByText('abc-123').count(), 1)
    assert.deepEqual(await record.getByRole('term').allTextContents(), ['trace', 'tries', 'tries'])

    await tab.page.getByRole('radio', { name: 'Hex' }).click()
    await record.getByText('000000  7b 22 74 6f 74 61 6c 22  {"total"').waitFor()
    await tab.page.getByRole('radio', { name: 'Text' }).click()
    await record.getByLabel('Value as Text').getByText('{"total":12.5,').waitFor()
    await tab.page.getByRole('radio', { name: 'JSON' }).click()

    await tab.message('00 ff fe 41').click()
    await record.getByLabel('Value as Hex').waitFor()
    await record.getByText('No key.').waitFor()
    await tab.message('Tombstone').click()
    await record.getByText('A tombstone: no value.').waitFor()
    assert.deepEqual(tab.complaints, [])
  })

  test('the list begins at an offset or a time, and loads in both directions', async () => {
    const firstMs = Date.parse('2026-03-09T08:00:00Z')
    await kafka.createTopic('readings', 2)
    for (const partition of [0, 1]) {
      const messages = Array.from({ length: 300 }, (_, i) => ({
        partition,
        value: `reading ${partition}/${i}.`,
        timestamp: String(firstMs + i * 1000),
      }))
      await kafka.produce('readings', messages)
    }
    await using tab = await open('/streams/topics/readings?from=120&partition=1')
    await tab.message('reading 1/120.').waitFor()
    assert.equal(await tab.message('reading 1/119.').count(), 0)
    await tab.page.getByRole('button', { name: 'Load older records' }).click()
    await tab.message('reading 1/119.').waitFor()

    await tab.page.getByLabel('From this offset on').fill('290')
    await tab.page.getByRole('button', { name: 'Go' }).click()
    await tab.message('reading 1/299.').waitFor()
    await tab.page.getByText('These are the newest').waitFor()

    await tab.choice('Time').click()
    await tab.page.getByLabel('From this time on').fill('2026-03-09T08:04:00')
    await tab.page.getByRole('button', { name: 'Go' }).click()
    await tab.message('reading 1/240.').waitFor()
    assert.equal(await tab.message('reading 1/239.').count(), 0)
    await tab.page.getByLabel('Partition', { exact: true }).selectOption('All partitions')
    await tab.message('reading 0/240.').waitFor()

    await tab.choice('Newest').click()
    await tab.message('reading 0/299.').waitFor()
    const box = tab.page.locator('[role="listbox"]').locator('..')
    for (let turns = 0; (await tab.message('reading 0/0.').count()) === 0; turns++) {
      assert.ok(turns < 60, 'scrolling down comes to the start')
      await box.evaluate((element) => element.scrollTo(0, element.scrollHeight))
      await tab.page.waitForTimeout(50)
    }
    await tab.page.getByText('The start of the topic').waitFor()
    assert.ok((await tab.messages.getByRole('option').count()) < 100, 'only what is in sight is drawn')
    assert.deepEqual(tab.complaints, [])
  })

  test('a record that is produced while looking appears, waits while paused, and is there when it goes on', async () => {
    await kafka.createTopic('alerts', 2)
    await using tab = await open('/streams/topics/alerts')
    await tab.page.getByRole('button', { name: 'Watch live' }).click()
    await tab.page.getByText('Connection: Live').waitFor()
    await kafka.produce('alerts', [{ value: 'smoke in room 4' }])
    await tab.message('smoke in room 4').waitFor()
    await tab.page.getByRole('button', { name: 'Pause' }).click()
    await kafka.produce('alerts', [{ value: 'all clear' }])
    await tab.page.getByRole('button', { name: '1 new' }).waitFor()
    assert.equal(await tab.message('all clear').count(), 0)
    await tab.page.getByRole('button', { name: 'Resume' }).click()
    await tab.message('all clear').waitFor()
    assert.match(
      (await tab.messages.getByRole('option').first().textContent()) ?? '',
      /all clear/,
      'the newest is on top',
    )

    await tab.page.getByRole('button', { name: 'Produce' }).click()
    await tab.page.getByLabel('Key', { exact: true }).fill('room-4')
    await tab.page.getByLabel('Value', { exact: true }).fill('{"door":"open"}')
    await tab.page.getByRole('dialog').getByRole('button', { name: 'Produce' }).click()
    await tab.page.getByText('Written to partition').waitFor()
    await tab.page.keyboard.press('Escape')
    await tab.message('room-4').waitFor()
    assert.deepEqual(tab.complaints, [])
  })

  test('what came since the list was read is offered, and shown when asked for', async () => {
    await kafka.createTopic('notes')
    await kafka.produce('notes', [{ value: 'first' }])
    await using tab = await open('/streams/topics/notes')
    await tab.message('first').waitFor()
    await tab.page.getByRole('button', { name: 'Produce' }).click()
    await tab.page.getByLabel('Value', { exact: true }).fill('second')
    await tab.page.getByRole('dialog').getByRole('button', { name: 'Produce' }).click()
    await tab.page.getByText('Written to partition 0 at offset 1.').waitFor()
    await tab.page.getByRole('dialog').getByRole('button', { name: 'Close' }).first().click()
    assert.equal(await tab.message('second').count(), 0)
    await tab.page.getByRole('button', { name: '1 new' }).click()
    await tab.message('second').waitFor()
    await tab.page.getByRole('button', { name: '1 new' }).waitFor({ state: 'detached' })
  })

  test('a group shows its members and how far it is behind, and its lag follows', async () => {
    await kafka.createTopic('invoices', 2)
    await kafka.produce('invoices', [
      ...Array.from({ length: 10 }, (_, i) => ({ partition: 0, value: `a${i}` })),
      ...Array.from({ length: 5 }, (_, i) => ({ partition: 1, value: `b${i}` })),
    ])
    await kafka.commitOffsets('billing', 'invoices', [4, 5])
    await using tab = await open('/streams/groups')
    await tab.row('billing').getByText('Empty').waitFor()
    await tab.row('billing').getByText('6 behind').waitFor()
    await tab.row('billing').getByRole('link').click()
    await tab.page.getByText('0 members · 6 records behind').waitFor()
    await tab.page.getByRole('row', { name: '0 4 10 6' }).waitFor()
    await tab.page.getByText('Nobody is connected').waitFor()
    {
      await using _ = await kafka.join('billing', 'invoices')
      await tab.page.getByText('1 member · caught up').waitFor()
      await tab.page.getByText('invoices 0, 1').waitFor()
      assert.equal(await tab.page.getByRole('button', { name: 'can’t be deleted' }).isDisabled(), true)
    }
    await tab.page.getByText('0 members · caught up').waitFor()
    await tab.page.getByRole('button', { name: 'Delete the group' }).click()
    await tab.page.getByRole('dialog').getByRole('button', { name: 'Delete the group' }).click()
    await tab.row('billing').waitFor({ state: 'detached' })
    assert.deepEqual(tab.complaints, [])
  })

  test('partitions are added and settings changed and put back', async () => {
    await kafka.createTopic('settings-of-mine')
    await using tab = await open('/streams/topics/settings-of-mine?tab=partitions')
    const { page } = tab
    await page.getByRole('button', { name: 'Add partitions' }).click()
    await page.getByLabel('Partitions in all').fill('1')
    await page.getByText('It has 1 already.').waitFor()
    await page.getByLabel('Partitions in all').fill('4')
    await page.getByRole('button', { name: 'Add them' }).click()
    await page.getByText('4 partitions').waitFor()
    await page.getByRole('link', { name: 'Settings' }).click()
    const change = async (value: string): Promise<void> => {
      await page.getByRole('button', { name: 'Change retention.ms' }).click()
      await page.getByLabel('Value').fill(value)
      await page.getByRole('button', { name: 'Save' }).click()
    }
    await change('soon')
    await page.getByRole('alert').waitFor()
    await page.keyboard.press('Escape')
    await change('86400000')
    await page.getByRole('row', { name: 'retention.ms 86400000 1 day Changed' }).waitFor()
    await page.getByRole('button', { name: 'Change retention.ms' }).click()
    await page.getByRole('button', { name: 'Back to the default' }).click()
    await page.getByText('Changed', { exact: true }).waitFor({ state: 'detached' })
  })

  test('an address leads to a record in its format, and the keyboard moves on from there', async () => {
    await kafka.createTopic('linked')
    await kafka.produce(
      'linked',
      Array.from({ length: 5 }, (_, i) => ({ key: `key-${i}`, value: `value ${i}` })),
    )
    await using tab = await open('/streams/topics/linked?record=%220%3A2%22&as=text')
    await tab.record.getByText('Offset 2').waitFor()
    await tab.record.getByText('value 2').waitFor()
    await tab.messages.focus()
    await tab.page.keyboard.press('ArrowDown')
    await tab.record.getByText('Offset 1').waitFor()
    await tab.page.keyboard.press('Home')
    await tab.record.getByText('Offset 4').waitFor()
    assert.match(tab.page.url(), /record=%220%3A4%22|record=0%3A4|record=0:4/)
    await tab.record.getByRole('button', { name: 'Older record' }).click()
    await tab.record.getByText('value 3').waitFor()
    await tab.page.keyboard.press('Escape')
    await tab.record.waitFor({ state: 'detached' })
  })

  test('what isn’t there and what may not be seen is said in words', async () => {
    await using tab = await open('/streams/topics/nowhere')
    await tab.page.getByText('There is no topic nowhere.').waitFor()
    await tab.page.goto(`${koine.url}/#/streams/groups/nobody`)
    await tab.page.getByText('There is no group nobody.').waitFor()
    await tab.page.goto(`${koine.url}/#/streams/topics?q=zebra`)
    await tab.page.getByText('No topic has “zebra” in its name').waitFor()
    await tab.page.getByRole('button', { name: 'Show all topics' }).click()
    await tab.row('koine.messages').waitFor()
    await tab.row('koine.messages').getByRole('link').click()
    await tab.messages.waitFor()
    assert.equal(await tab.page.getByRole('button', { name: 'Delete the topic' }).count(), 0)
    assert.equal(await tab.page.getByRole('button', { name: 'Produce' }).count(), 0)
  })

  test('on a phone everything fits its width, and an open record takes the place of the list', async () => {
    await kafka.createTopic('pocket')
    await kafka.produce('pocket', [
      { key: 'a-rather-long-key-of-a-record', value: JSON.stringify({ text: 'x'.repeat(500) }) },
    ])
    await using tab = await open('/streams/topics', phone)
    const overflow = (): Promise<number> => tab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    await tab.row('pocket').getByRole('link').click()
    await tab.message('a-rather-long-key').waitFor()
    assert.equal(await overflow(), 0)
    await tab.message('a-rather-long-key').click()
    await tab.record.getByLabel('Value as JSON').waitFor()
    assert.equal(await tab.messages.isVisible(), false)
    assert.equal(await overflow(), 0)
    await tab.record.getByRole('button', { name: 'Close' }).click()
    await tab.message('a-rather-long-key').waitFor()
    for (const path of ['topics/pocket?tab=partitions', 'topics/pocket?tab=settings', 'groups']) {
      await tab.page.goto(`${koine.url}/#/streams/${path}`)
      await tab.page.getByRole('heading').first().waitFor()
      assert.equal(await overflow(), 0, path)
    }
  })
})
