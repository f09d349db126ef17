import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, runUntilDisposed } from './java.ts'
import { consumedFrom, type Latencies, latenciesFrom, producedFrom, progressFrom } from './tool-output.ts'

export interface Load {
  /** `host:port` */
  readonly address: string
  readonly topic: string
  readonly records: number
}

export interface FloodLoad extends Pick<Load, 'address' | 'topic'> {
  /** Of 1 KB. */
  readonly recordsPerSecond: number
  readonly credential: { readonly id: string; readonly secret: string }
  /** For a file with the credential. */
  readonly directory: string
}

/** A producer at work. Disposal ends it at once. */
export interface Flood extends AsyncDisposable {
  /** What came through lately, as it says every five seconds; NaN before. */
  readonly bytesPerSecond: number
}

/** Apache Kafka's own measuring tools, with the heaps that its scripts give them. */
export class Tools {
  readonly #classPath: string

  constructor(classPath: string) {
    this.#classPath = classPath
  }

  /** Records of 1 KB with `acks=all`, as fast as it goes. Returns MiB a second. */
  async produce({ address, topic, records }: Load): Promise<number> {
    const output = await this.#run('512M', 'ProducerPerformance', [
      ...['--topic', topic, '--num-records', `${records}`, '--record-size', '1024', '--throughput', '-1'],
      ...['--command-property', `bootstrap.servers=${address}`, 'acks=all'],
    ])
    return producedFrom(output, records).megabytesPerSecond
  }

  /** From the start, as a consumer group of its own. Returns MiB a second, without the joining. */
  async consume({ address, topic, records }: Load): Promise<number> {
    const output = await this.#run('512M', 'ConsumerPerformance', [
      ...['--bootstrap-server', address, '--topic', topic, '--num-records', `${records}`, '--timeout', '60000'],
    ])
    return consumedFrom(output, records)
  }

  /** One record of 100 bytes at a time, from before it is sent until its consumer has it. */
  async endToEnd({ address, topic, records }: Load, directory: string): Promise<Latencies> {
    const settings = join(directory, 'latency-clock.properties')
    writeFileSync(settings, 'interceptor.classes=LatencyClock\n')
    const args = [address, topic, `${records}`, 'all', '100', settings]
    return latenciesFrom(await this.#run('256M', 'EndToEndLatency', args), records)
  }

  /** Records of 1 KB from now on, as a client that authenticates. */
  flood({ address, topic, recordsPerSecond, credential: { id, secret }, directory }: FloodLoad): Flood {
    const settings = join(directory, 'flood.properties')
    const login = `org.apache.kafka.common.security.plain.PlainLoginModule required username="${id}" password="${secret}";`
    const lines = ['security.protocol=SASL_PLAINTEXT', 'sasl.mechanism=PLAIN', `sasl.jaas.config=${login}`]
    writeFileSync(settings, `${lines.join('\n')}\n`, { mode: 0o600 })
    const arguments_ = this.#arguments('512M', 'ProducerPerformance', [
      ...['--topic', topic, '--num-records', `${2 ** 31 - 1}`, '--record-size', '1024'],
      ...['--throughput', `${Math.round(recordsPerSecond)}`, '--command-config', settings],
      ...['--command-property', `bootstrap.servers=${address}`, 'acks=all'],
    ])
    const running = runUntilDisposed('java', arguments_)
    return {
      get bytesPerSecond() {
        return progressFrom(running.output)
      },
      [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
    }
  }

  #run(heap: string, tool: string, args: readonly string[]): Promise<string> {
    return run('java', this.#arguments(heap, tool, args))
  }

  #arguments(heap: string, tool: string, args: readonly string[]): string[] {
    const flags = [`-Xmx${heap}`, '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20', '-XX:InitiatingHeapOccupancyPercent=35']
    const logging = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'
    return [...flags, logging, '-cp', this.#classPath, `org.apache.kafka.tools.${tool}`, ...args]
  }
}
