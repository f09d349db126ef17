import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { temporaryDirectory } from '@koine/base/testing'
import { startServer, type ServerProcess } from '@koine/server/testing'
import { endsWithUs } from './ending.ts'
import { run } from './java.ts'
import { awaitServing } from './topics.ts'

/** A directory of a system's own and the address that it listens on, whichever process serves it. */
export interface Home extends AsyncDisposable {
  readonly path: string
  /** `host:port` */
  readonly address: string
}

/** A process that serves. Disposal ends it as its operator would. */
export interface Broker extends AsyncDisposable {
  readonly address: string
  readonly pid: number
  /** Only of Koine. */
  readonly server?: ServerProcess
}

/** One of the two that are compared. */
export interface System {
  readonly name: 'koine' | 'kafka'
  home(): Promise<Home>
  /** Resolves when it answers requests. @param flags further ones; Kafka has none */
  start(home: Home, flags?: readonly string[]): Promise<Broker>
}

export const koine: System = {
  name: 'koine',
  home: () => homeAt(async () => {}),
  async start({ path, address }, further = []) {
    const flags = [`--kafka-port=${address.split(':')[1]}`, '--kafka-anonymous-tenant=acme', '--log-level=info']
    const server = await startServer({ dataDir: path, flags: [...flags, ...further] })
    const settle = endsWithUs({ pid: server.pid })
    const end = async (): Promise<void> => {
      await server[Symbol.asyncDispose]()
      settle()
    }
    await awaitServing(address)
    return { address, pid: server.pid, server, [Symbol.asyncDispose]: end }
  },
}

const virtualMachine = 'java'

/** What kafka-server-start.sh and kafka-run-class.sh give the virtual machine. */
const kafkaFlags = (path: string): string[] => [
  ...['-Xmx1G', '-Xms1G', '-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20'],
  ...['-XX:InitiatingHeapOccupancyPercent=35', '-XX:+ExplicitGCInvokesConcurrent', '-Djava.awt.headless=true'],
  `-Xlog:gc*:file=${path}/kafkaServer-gc.log:time,tags:filecount=10,filesize=100M`,
  ...['-Dcom.sun.management.jmxremote=true', '-Dcom.sun.management.jmxremote.authenticate=false'],
  '-Dcom.sun.management.jmxremote.ssl=false',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
]

/** What config/server.properties of the distribution says, with addresses and directory of ours. */
const kafkaSettings = (path: string, address: string, controller: string): Record<string, string> => ({
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.quorum.bootstrap.servers': controller,
  listeners: `PLAINTEXT://${address},CONTROLLER://${controller}`,
  'advertised.listeners': `PLAINTEXT://${address},CONTROLLER://${controller}`,
  'inter.broker.listener.name': 'PLAINTEXT',
  'controller.listener.names': 'CONTROLLER',
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
  'num.network.threads': '3',
  'num.io.threads': '8',
  'socket.send.buffer.bytes': '102400',
  'socket.receive.buffer.bytes': '102400',
  'socket.request.max.bytes': '104857600',
  'log.dirs': join(path, 'logs'),
  'num.partitions': '1',
  'num.recovery.threads.per.data.dir': '1',
  'offsets.topic.replication.factor': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'log.retention.hours': '168',
  'log.segment.bytes': '1073741824',
  'log.retention.check.interval.ms': '300000',
})

export const kafkaOf = (classPath: string): System => ({
  name: 'kafka',
  home: () =>
    homeAt(async (path, address) => {
      const lines = Object.entries(kafkaSettings(path, address, `127.0.0.1:${await freePort()}`))
      const file = join(path, 'server.properties')
      writeFileSync(file, lines.map(([name, value]) => `${name}=${value}\n`).join(''))
      const java = [
        '-Xmx256M',
        '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
        '-cp',
        classPath,
        'kafka.tools.StorageTool',
      ]
      const id = (await run('java', [...java, 'random-uuid'], 60_000)).trim()
      await run('java', [...java, 'format', '--standalone', '-t', id, '-c', file], 60_000)
    }),
  start: (home) => startKafka(home, classPath),
})

async function startKafka({ path, address }: Home, classPath: string): Promise<Broker> {
  mkdirSync(path, { recursive: true })
  const output = join(path, 'kafkaServer.out')
  const descriptor = openSync(output, 'a')
  const args = [...kafkaFlags(path), '-cp', classPath, 'kafka.Kafka', join(path, 'server.properties')]
  const child = spawn(virtualMachine, args, { stdio: ['ignore', descriptor, descriptor] })
  closeSync(descriptor)
  await once(child, 'spawn')
  const settle = endsWithUs({ pid: child.pid! })
  const exited = once(child, 'exit')
  const end = async (): Promise<void> => {
    child.kill('SIGTERM')
    const forced = setTimeout(() => child.kill('SIGKILL'), 60_000)
    await exited
    clearTimeout(forced)
    settle()
  }
  try {
    await Promise.race([
      awaitServing(address),
      exited.then(() => {
        throw new Error('It ended before it served.')
      }),
    ])
  } catch (cause) {
    await end()
    throw new Error(`Apache Kafka did not start:\n${readFileSync(output, 'utf8').slice(-4000)}`, { cause })
  }
  return { address, pid: child.pid!, [Symbol.asyncDispose]: end }
}

async function homeAt(prepare: (path: string, address: string) => Promise<void>): Promise<Home> {
  const directory = temporaryDirectory()
  const settle = endsWithUs({ directory: directory.path })
  const address = `127.0.0.1:${await freePort()}`
  const dispose = async (): Promise<void> => {
    await directory[Symbol.asyncDispose]()
    settle()
  }
  try {
    await prepare(directory.path, address)
  } catch (error) {
    await dispose()
    throw error
  }
  return { path: directory.path, address, [Symbol.asyncDispose]: dispose }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** Everything written so far reaches the disk now, not within another's run. */
export const syncDisks = (): void => void spawnSync('sync')

/** Takes the files out of the page cache that aren't mapped and hold 64 KiB or more; the system may be running. */
export function coolDown({ path }: Home): void {
  syncDisks()
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name)
    const bytes = entry.isFile() ? (statSync(file, { throwIfNoEntry: false })?.size ?? 0) : 0
    if (bytes < 65_536) continue
    const { status } = spawnSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none'])
    if (status !== 0 && existsSync(file)) throw new Error(`dd can't take ${file} out of the page cache`)
  }
}
