import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ProgramOptions, type ProgramRun, runProgram, type RunningProgram, startProgram } from '../program.ts'
import type { SaslMechanism } from '../kcat/kcat.ts'
import type { Credential } from '../server.ts'
import { javaLibraries } from './java-libraries.ts'

/** Small and quick to start: a dozen of these programs run one after the other. */
const virtualMachine = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto']
const logging = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn']

/** Written in this process: clients share directories. */
let files = 0

export interface JavaClientOptions {
  /** `host:port` */
  readonly bootstrap: string
  readonly credential: Credential
  readonly mechanism?: SaslMechanism
  /** For files that the programs read and write. */
  readonly directory: string
  /** A file with the certificate to trust; with it, over TLS. */
  readonly authority?: string
}

/** Runs Java programs as a tenant's clients. */
export class JavaClient {
  readonly bootstrap: string
  readonly directory: string
  readonly #classPath: string
  readonly #credential: Credential
  readonly #mechanism: SaslMechanism
  readonly #authority: string | undefined

  private constructor(
    { bootstrap, credential, mechanism = 'PLAIN', directory, authority }: JavaClientOptions,
    classPath: string,
  ) {
    this.bootstrap = bootstrap
    this.directory = directory
    this.#credential = credential
    this.#mechanism = mechanism
    this.#authority = authority
    this.#classPath = classPath
  }

  static async open(options: JavaClientOptions): Promise<JavaClient> {
    return new JavaClient(options, await javaLibraries())
  }

  /** As a file's name, with what makes a client the tenant's and the further settings. */
  properties(settings: Record<string, string> = {}): string {
    const all = { ...this.#identity(), ...settings }
    const lines = Object.entries(all).map(([name, value]) => `${name}=${value}`)
    return this.file('properties', lines)
  }

  /** Writes a fresh file and returns its path. */
  file(extension: string, lines: readonly string[]): string {
    const path = join(this.directory, `file-${++files}.${extension}`)
    writeFileSync(path, `${lines.join('\n')}\n`)
    return path
  }

  /** What makes a client the tenant's, under an optional prefix. */
  identity(prefix = ''): string[] {
    return Object.entries(this.#identity()).map(([name, value]) => `${prefix}${name}=${value}`)
  }

  run(main: string, args: readonly string[], options: ProgramOptions = {}): Promise<ProgramRun> {
    return runProgram('java', this.#command(main, args), { timeoutMs: 60_000, ...options })
  }

  start(main: string, args: readonly string[]): RunningProgram {
    return startProgram('java', this.#command(main, args))
  }

  /** Compiles Java sources of ours; the classes are found by `run` and `start` from then on. */
  async compile(...sources: string[]): Promise<void> {
    const args = ['-proc:none', '-d', this.directory, '-cp', this.#classPath, ...sources]
    const { exitCode, stderr } = await runProgram('javac', args, { timeoutMs: 120_000 })
    if (exitCode !== 0) throw new Error(`javac failed:\n${stderr}`)
  }

  #command(main: string, args: readonly string[]): string[] {
    return [...virtualMachine, ...logging, '-cp', `${this.directory}:${this.#classPath}`, main, ...args]
  }

  #identity(): Record<string, string> {
    const { id, secret } = this.#credential
    const kind = this.#mechanism === 'PLAIN' ? 'plain.Plain' : 'scram.Scram'
    const login = `org.apache.kafka.common.security.${kind}LoginModule`
    return {
      'bootstrap.servers': this.bootstrap,
      ...this.#transport(),
      'sasl.mechanism': this.#mechanism,
      'sasl.jaas.config': `${login} required username="${id}" password="${secret}";`,
    }
  }

  #transport(): Record<string, string> {
    if (this.#authority === undefined) return { 'security.protocol': 'SASL_PLAINTEXT' }
    const trusted = { 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': this.#authority }
    return { 'security.protocol': 'SASL_SSL', ...trusted }
  }
}
