import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './java.ts'
import { consumedFrom, type Latencies, latenciesFrom, producedFrom } from './tool-output.ts'

export interface Load {
  /** `host:port` */
  readonly address: string
  readonly topic: string
  readonly records: number
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

  #run(heap: string, tool: string, args: readonly string[]): Promise<string> {
    const flags = [`-Xmx${heap}`, '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20', '-XX:InitiatingHeapOccupancyPercent=35']
    const logging = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'
    return run('java', [...flags, logging, '-cp', this.#classPath, `org.apache.kafka.tools.${tool}`, ...args])
  }
}
