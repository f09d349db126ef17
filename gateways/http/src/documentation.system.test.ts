import assert from 'node:assert/strict'
import test from 'node:test'
import { peer } from '@koine/base/testing'
import { chromium } from 'playwright-core'
import { gatewayFixture } from './testing/gateway-fixture.ts'

test(
  'the reference page is readable in a browser that can reach nothing but the server',
  { skip: peer('chromium'), timeout: 60_000 },
  async () => {
    await using fixture = await gatewayFixture()
    const { url } = await fixture.gateway.listen()
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
    try {
      const page = await browser.newPage()
      const asked: string[] = []
      const complaints: string[] = []
      page.on('request', (request) => asked.push(request.url()))
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(error.message))
      await page.goto(`${url}/docs`)
      await page.getByText('Create a conversation').first().waitFor()
      await page.getByText('idempotency_key_reused').first().waitFor()
      const elsewhere = asked.filter((it) => !it.startsWith(url) && !it.startsWith('data:') && !it.startsWith('blob:'))
      assert.deepEqual(elsewhere, [])
      assert.deepEqual(complaints, [])
    } finally {
      await browser.close()
    }
  },
)
