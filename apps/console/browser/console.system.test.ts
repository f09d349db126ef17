import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { peer, temporaryDirectory } from '@koine/base/testing'
import { KoineApi } from '@koine/sdk'
import type { Browser } from 'playwright-core'
import { buildConsole, launchBrowser } from './browser.ts'
import { ConsolePage } from './console-page.ts'
import { cuttableNetwork } from './cuttable-network.ts'
import { type KoineProcess, startKoine } from './koine-process.ts'

describe('the console in a browser', { skip: peer('chromium') }, () => {
  const started = new AsyncDisposableStack()
  let koine: KoineProcess
  let browser: Browser

  before(async () => {
    await buildConsole()
    koine = started.use(await startKoine(started.use(temporaryDirectory()).path))
    browser = await launchBrowser()
    started.defer(() => browser.close())
  })
  after(() => started.disposeAsync())

  test('Asha writes, Ben sees it live and answers, and the events of both appear', async () => {
    await using tab = await ConsolePage.open(browser, koine.url)
    await tab.tryDemo()
    await tab.say('Asha', 'Is the new room ready?')
    await tab.seen('Ben', 'Is the new room ready?')
    await tab.event('Asha Is the new room ready?').waitFor()
    await tab.say('Ben', 'Come and see.')
    await tab.seen('Asha', 'Come and see.')
    await tab.event('Ben Come and see.').waitFor()
    assert.deepEqual(tab.complaints, [])
  })

  test('the history is there after a reload, and the tab is still signed in', async () => {
    await using tab = await ConsolePage.open(browser, koine.url)
    await tab.tryDemo()
    await tab.say('Asha', 'Will this last?')
    await tab.seen('Ben', 'Will this last?')
    await tab.page.reload()
    await tab.live()
    await tab.seen('Asha', 'Will this last?')
    await tab.seen('Ben', 'Will this last?')
  })

  test('a message is unread until the other looks, and then both see that it was read', async () => {
    await using tab = await ConsolePage.open(browser, koine.url)
    await tab.tryDemo()
    await tab.composer('Ben').click()
    await tab.composer('Asha').click()
    await tab.say('Asha', 'Have you seen this?')
    await tab.pane('Ben').getByText('1 unread').waitFor()
    await tab.pane('Asha').getByText('Sent').last().waitFor()
    await tab.composer('Ben').click()
    await tab.pane('Ben').getByText('1 unread').waitFor({ state: 'detached' })
    await tab.pane('Asha').getByText('Sent').waitFor({ state: 'detached' })
  })

  test('what is written while the browser is offline arrives once when it is back', async () => {
    await using tab = await ConsolePage.open(browser, koine.url)
    await tab.tryDemo()
    await tab.page.context().setOffline(true)
    await tab.page.getByText('You are offline.').waitFor()
    await tab.say('Asha', 'Written in a lift')
    await tab.pane('Asha').getByText('Sending').waitFor()
    await tab.page.context().setOffline(false)
    await tab.live()
    await tab.seen('Ben', 'Written in a lift')
    await tab.seen('Asha', 'Written in a lift')
    await tab.page.getByText('You are offline.').waitFor({ state: 'detached' })
  })

  test('what is written while the server is out of reach arrives once when it is back', async () => {
    await using network = await cuttableNetwork(koine.url)
    await using tab = await ConsolePage.open(browser, network.url)
    await tab.tryDemo()
    await tab.say('Asha', 'Before the tunnel')
    await tab.event('Before the tunnel').waitFor()
    network.cut()
    await tab.pane('Asha').getByText('Connection: Reconnecting').waitFor()
    await tab.say('Asha', 'Written in a tunnel')
    await tab.pane('Asha').getByText('Sending').waitFor()
    network.restore()
    await tab.live()
    await tab.seen('Ben', 'Written in a tunnel')
    await tab.seen('Asha', 'Written in a tunnel')
    await tab.pane('Asha').getByText('Sending').waitFor({ state: 'detached' })
    await tab.event('Written in a tunnel').waitFor()
  })

  test('a server that is killed and started again has lost nothing, and what was written meanwhile arrives once', async () => {
    await using directory = temporaryDirectory()
    const first = await startKoine(directory.path)
    await using tab = await ConsolePage.open(browser, first.url)
    await tab.tryDemo()
    await tab.say('Asha', 'Before the crash')
    await tab.seen('Ben', 'Before the crash')
    await first.kill()
    await tab.pane('Asha').getByText('Connection: Reconnecting').waitFor()
    await tab.say('Asha', 'During the crash')
    await using again = await startKoine(directory.path, new URL(first.url).port)
    await tab.live()
    await tab.seen('Ben', 'During the crash')
    await tab.page.goto(again.url)
    await tab.live()
    for (const text of ['Before the crash', 'During the crash']) await tab.seen('Ben', text)
  })

  test('the keyboard alone is enough: sign in, write, read, open an event', async () => {
    await using tab = await ConsolePage.open(browser, koine.url)
    const { keyboard } = tab.page
    const tabTo = async (label: string): Promise<void> => {
      for (let presses = 0; presses < 40; presses++) {
        await keyboard.press('Tab')
        if ((await tab.focused()).includes(label)) return
      }
      assert.fail(`Tab never comes to "${label}"`)
    }
    await tabTo('Try the demo')
    await keyboard.press('Enter')
    await tab.live()
    await tabTo('Skip to the content')
    await keyboard.press('Enter')
    await tabTo('Messages of Asha')
    await tabTo('Write as Asha')
    await keyboard.type('One line')
    await keyboard.press('Shift+Enter')
    await keyboard.type('and another')
    await keyboard.press('Enter')
    await tab.seen('Ben', 'One line\nand another')
    await keyboard.press('Escape')
    assert.match(await tab.focused(), /^Messages of Asha/)
    await keyboard.press('Escape')
    assert.match(await tab.focused(), /^Write as Asha/)
    await tabTo('koine.message.sent')
    await keyboard.press('Enter')
    await tab.events.getByText('"specversion"').waitFor()
  })

  test('an API key signs in: people are made, two are chosen, and they talk', async () => {
    await using tab = await ConsolePage.open(browser, koine.url)
    await tab.page.getByLabel('API key', { exact: true }).fill(koine.apiKey)
    await tab.page.getByRole('button', { name: 'Sign in' }).click()
    for (const name of ['Chidi', 'Dana']) {
      await tab.page.getByLabel('Add a person').fill(name)
      await tab.page.getByRole('button', { name: 'Add' }).click()
      await tab.page.getByRole('button', { name, pressed: true }).waitFor()
    }
    await tab.page.getByRole('button', { name: 'Open the conversation' }).click()
    await tab.say('Chidi', 'Hello, Dana.')
    await tab.seen('Dana', 'Hello, Dana.')
    assert.ok(!(await tab.leftBehind()).includes('key_'))
    await tab.page.getByRole('button', { name: 'Sign out' }).click()
    await tab.page.getByRole('button', { name: 'Try the demo' }).waitFor()
    assert.equal(await tab.page.evaluate(() => sessionStorage.length), 0)
  })

  test('a key that the server does not know says so', async () => {
    await using tab = await ConsolePage.open(browser, koine.url)
    await tab.page.getByLabel('API key', { exact: true }).fill('not a key')
    await tab.page.keyboard.press('Enter')
    await tab.page.getByText('An API key looks like').waitFor()
    await tab.page.getByLabel('API key', { exact: true }).fill(`${koine.apiKey}x`)
    await tab.page.keyboard.press('Enter')
    await tab.page.getByText('The server does not know this key').waitFor()
  })

  test('pausing holds the event list still, and resuming shows what came', async () => {
    await using tab = await ConsolePage.open(browser, koine.url)
    await tab.tryDemo()
    await tab.events.getByRole('button', { name: 'Pause' }).click()
    await tab.say('Asha', 'While paused')
    await tab.events.getByText('1 new').waitFor()
    assert.equal(await tab.event('While paused').count(), 0)
    await tab.events.getByRole('button', { name: 'Resume', exact: true }).click()
    await tab.event('While paused').waitFor()
  })

  test('what people write is text, never markup', async () => {
    await using tab = await ConsolePage.open(browser, koine.url)
    await tab.tryDemo()
    const text = '<img src=x onerror="document.title=1"><b>bold</b>'
    await tab.say('Asha', text)
    await tab.seen('Ben', text)
    assert.equal(await tab.page.title(), 'Koine console')
  })

  test('older messages load when scrolling up, and the reader stays where they were', async () => {
    const { conversationId, users } = await new KoineApi({ url: koine.url }).demo()
    const asha = new KoineApi({ url: koine.url, token: users[0]!.token })
    for (let i = 1; i <= 70; i++) {
      await asha.conversations.send(conversationId, { clientMessageId: `line ${i}`, text: `Line ${i} of many` })
    }
    await using tab = await ConsolePage.open(browser, koine.url)
    await tab.tryDemo()
    await tab.seen('Ben', 'Line 70 of many')
    assert.equal(await tab.bubbles('Ben', 'Line 2 of many').count(), 0)
    const list = tab.page.getByRole('region', { name: 'Messages of Ben' })
    await list.hover()
    await list.evaluate((box) => box.scrollTo(0, 0))
    await tab.seen('Ben', 'Line 2 of many')
    assert.ok((await list.evaluate((box) => box.scrollTop)) > 500)
    await tab.say('Asha', 'Below the fold')
    await tab.page.getByRole('button', { name: 'New messages' }).click()
    await tab.page.getByRole('button', { name: 'New messages' }).waitFor({ state: 'detached' })
  })

  test('on a phone the panes are tabs, and a hidden one counts what is unread', async () => {
    const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }
    await using tab = await ConsolePage.open(browser, koine.url, phone)
    await tab.page.getByRole('button', { name: 'Try the demo' }).click()
    await tab.page.getByRole('tab', { name: 'Ben' }).click()
    await tab.page.getByRole('tab', { name: 'Asha' }).click()
    await tab.say('Asha', 'From the road')
    await tab.page.getByRole('tab', { name: 'Ben 1 unread' }).click()
    await tab.seen('Ben', 'From the road')
    await tab.page.getByRole('tab', { name: 'Ben', exact: true }).waitFor()
    const overflow = await tab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    assert.equal(overflow, 0, 'nothing sticks out sideways')
  })

  test('the theme follows the system until one is chosen, and the choice outlives a reload', async () => {
    await using tab = await ConsolePage.open(browser, koine.url, { colorScheme: 'dark' })
    const lightness = (): Promise<number> =>
      tab.page.evaluate(() =>
        Number(/oklch\(([\d.]+)/.exec(getComputedStyle(document.documentElement).backgroundColor)?.[1]),
      )
    assert.ok((await lightness()) < 0.3)
    await tab.page.getByRole('radio', { name: 'Light' }).click()
    assert.ok((await lightness()) > 0.9)
    await tab.page.reload()
    await tab.page.getByRole('radio', { name: 'Light', checked: true }).waitFor()
    assert.ok((await lightness()) > 0.9)
  })
})
