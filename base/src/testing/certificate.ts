import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Files in PEM, and what they hold. */
export interface TestCertificate {
  readonly certificate: string
  readonly key: string
  readonly cert: string
  readonly keyText: string
}

/** Makes a certificate that only itself vouches for, for these host names and 127.0.0.1. Needs `peer('openssl')`. */
export async function makeCertificate(
  directory: string,
  { name = 'server', hosts = ['localhost'] }: { readonly name?: string; readonly hosts?: readonly string[] } = {},
): Promise<TestCertificate> {
  const [certificate, key] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)]
  const names = [...hosts.map((host) => `DNS:${host}`), 'IP:127.0.0.1'].join(',')
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`, '-keyout', key, '-out', certificate],
  ])
  return { certificate, key, cert: readFileSync(certificate, 'utf8'), keyText: readFileSync(key, 'utf8') }
}
