import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { ConsolePage } from './console-page.ts'
import type { KoineProcess } from './koine-process.ts'

/** The Streams pages in a browser tab, in the words of someone who uses them. */
export class StreamsPage implements AsyncDisposable {
  readonly #console: ConsolePage

  private constructor(console: ConsolePage) {
    this.#console = console
  }

  /** Opens an address of the console, signed in with the tenant's key. */
  static async open(
    browser: Browser,
    { url, apiKey }: KoineProcess,
    path: string,
    options: BrowserContextOptions = {},
  ): Promise<StreamsPage> {
    const opened = await ConsolePage.open(browser, `${url}/#${path}`, options)
    await opened.page.getByLabel('API key', { exact: true }).fill(apiKey)
    await opened.page.getByRole('button', { name: 'Sign in' }).click()
    return new StreamsPage(opened)
  }

  get page(): Page {
    return this.#console.page
  }

  get complaints(): readonly string[] {
    return this.#console.complaints
  }

  get messages(): Locator {
    return this.page.getByRole('listbox', { name: 'Messages' })
  }

  /** The rows in sight with this text in them. */
  message(text: string): Locator {
    return this.messages.getByRole('option').filter({ hasText: text })
  }

  /** The open record. */
  get record(): Locator {
    return this.page.getByRole('complementary')
  }

  /** A choice of the bar above the messages. */
  choice(name: string): Locator {
    return this.page.getByRole('group', { name: 'Which messages' }).getByRole('radio', { name, exact: true })
  }

  row(name: string): Locator {
    return this.page.getByRole('listitem').filter({ hasText: name })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#console[Symbol.asyncDispose]()
  }
}
