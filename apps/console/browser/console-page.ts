import assert from 'node:assert/strict'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'

/** The console in a browser tab, in the words of someone who uses it. */
export class ConsolePage implements AsyncDisposable {
  readonly page: Page
  /** What the page complained of: errors, and what the content security policy refused. */
  readonly complaints: string[] = []
  readonly #url: string

  private constructor(page: Page, url: string) {
    this.page = page
    this.#url = url
    page.on('pageerror', (error) => this.complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text())
    })
  }

  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<ConsolePage> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB', ...options })
    context.setDefaultTimeout(15_000)
    const opened = new ConsolePage(await context.newPage(), url)
    await opened.page.goto(url)
    return opened
  }

  async tryDemo(): Promise<void> {
    await this.page.getByRole('button', { name: 'Try the demo' }).click()
    await this.live()
  }

  /** Waits until both people and the event stream are connected. */
  async live(): Promise<void> {
    for (const name of ['Asha', 'Ben']) await this.pane(name).getByText('Connection: Live').waitFor()
    await this.events.getByText('Connection: Live').waitFor()
  }

  pane(name: string): Locator {
    return this.page.getByRole('region', { name: `${name}, talking with` })
  }

  composer(name: string): Locator {
    return this.page.getByRole('textbox', { name: `Write as ${name}` })
  }

  /** The bubbles with this text in a person's pane. */
  bubbles(name: string, text: string): Locator {
    return this.page.getByRole('region', { name: `Messages of ${name}` }).getByText(text, { exact: true })
  }

  get events(): Locator {
    return this.page.getByRole('region', { name: 'Live events' })
  }

  event(text: string): Locator {
    return this.events.getByRole('button', { name: text })
  }

  async say(name: string, text: string): Promise<void> {
    await this.composer(name).fill(text)
    await this.composer(name).press('Enter')
  }

  async seen(name: string, text: string): Promise<void> {
    await this.bubbles(name, text).waitFor()
    assert.equal(await this.bubbles(name, text).count(), 1, `"${text}" stands once in the pane of ${name}`)
  }

  /** What has the focus: its label, or its text. */
  focused(): Promise<string> {
    return this.page.evaluate(() => {
      const { activeElement, body } = document
      if (!activeElement || activeElement === body) return ''
      return activeElement.getAttribute('aria-label') ?? activeElement.textContent ?? ''
    })
  }

  /** Where secrets could leak to: the address, and what outlives the tab. */
  async leftBehind(): Promise<string> {
    const kept = await this.page.evaluate(() => JSON.stringify(localStorage) + document.cookie)
    return `${this.page.url().replace(this.#url, '')} ${kept}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close()
  }
}
