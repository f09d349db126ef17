import { execFileSync } from 'node:child_process'
import { type ProgramRun, runProgram } from '../program.ts'
import type { Credential } from '../server.ts'

export type SaslMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

interface KcatClient {
  /** `host:port` */
  readonly bootstrap: string
  readonly credential: Credential
  readonly mechanism?: SaslMechanism
  /** A file with the certificate to trust; with it, over TLS. */
  readonly authority?: string
}

/** Runs kcat as a tenant's client, feeding it `input`, until it ends; it is stopped after 30 s. */
export function kcat(
  { bootstrap, credential: { id, secret }, mechanism = 'PLAIN', authority }: KcatClient,
  args: readonly string[],
  input = '',
): Promise<ProgramRun> {
  const settings = {
    'security.protocol': authority === undefined ? 'SASL_PLAINTEXT' : 'SASL_SSL',
    ...(authority !== undefined && { 'ssl.ca.location': authority }),
    'sasl.mechanism': mechanism,
    'sasl.username': id,
    'sasl.password': secret,
  }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-X', `${name}=${value}`])
  return runProgram('kcat', ['-b', bootstrap, ...options, ...args], { input })
}

/** Its own version and that of the librdkafka in it. */
export function kcatVersion(): string {
  const said = execFileSync('kcat', ['-V'], { encoding: 'utf8' })
  const [, version, library] = /Version (\S+).*librdkafka (\S+)/s.exec(said) ?? []
  return `${version} with librdkafka ${library}`
}
