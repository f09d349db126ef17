import assert from 'node:assert/strict'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLogger, silentLogger } from '@koine/base'
import { makeCertificate, ManualClock, peer, temporaryDirectory, until } from '@koine/base/testing'
import { CertificateFiles } from './certificate-files.ts'

const skip = peer('openssl')
const surroundings = () => ({ clock: new ManualClock(), logger: silentLogger })

test('a listener without files has no certificate, and one with half of them is refused', async () => {
  const open = (certificate: string, key: string) =>
    CertificateFiles.open({ setting: 'kafka.tls', certificate, key }, surroundings())
  assert.equal(await open('', ''), undefined)
  await assert.rejects(open('server.crt', ''), /kafka\.tls\.certificate and kafka\.tls\.key go together/)
  await assert.rejects(open('', 'server.key'), /go together/)
})

test('files that can’t be used are refused in words that name them', { skip }, async () => {
  await using directory = temporaryDirectory()
  const good = await makeCertificate(directory.path)
  const other = await makeCertificate(directory.path, { name: 'other' })
  const garbage = join(directory.path, 'garbage')
  writeFileSync(garbage, '-----BEGIN CERTIFICATE-----\nnothing\n')
  const cases: readonly [certificate: string, key: string, problem: RegExp][] = [
    [join(directory.path, 'absent'), good.key, /http\.tls\.certificate: .*absent can't be read \(ENOENT\)/],
    [good.certificate, directory.path, /http\.tls\.key: .* can't be read \(EISDIR\)/],
    [garbage, good.key, /garbage is not a certificate in PEM/],
    [good.certificate, garbage, /garbage is not a private key in PEM/],
    [good.certificate, other.key, /other\.key is not that of the certificate in .*server\.crt/],
  ]
  for (const [certificate, key, problem] of cases) {
    await assert.rejects(CertificateFiles.open({ setting: 'http.tls', certificate, key }, surroundings()), (error) => {
      assert.match((error as Error).message, problem)
      return !(error as Error).message.includes(good.keyText)
    })
  }
})

test(
  'a certificate is renewed when both of its files have changed, and stays as it was until then',
  { skip },
  async () => {
    await using directory = temporaryDirectory()
    const first = await makeCertificate(directory.path)
    const second = await makeCertificate(directory.path, { name: 'second' })
    const lines: string[] = []
    const destination = { write: (line: string) => void lines.push(line) }
    const clock = new ManualClock()
    const logger = createLogger({ level: 'warn', format: 'json', destination })
    using files = await CertificateFiles.open({ setting: 'kafka.tls', ...first }, { clock, logger })
    let renewals = 0
    using listening = files!.onRenewal(() => renewals++)
    assert.ok(listening)
    copyFileSync(second.certificate, first.certificate)
    await until('the half change is told of', () => {
      clock.advance(10_000)
      return lines.length > 0
    })
    assert.equal(files!.current.cert, first.cert)
    copyFileSync(second.key, first.key)
    await until('the renewed one is in use', () => {
      clock.advance(10_000)
      return renewals === 1
    })
    assert.equal(lines.length, 1)
    assert.deepEqual(files!.current, { cert: second.cert, key: second.keyText })
  },
)
