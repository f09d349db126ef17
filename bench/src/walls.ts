import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { temporaryDirectory } from '@koine/base/testing'
import { type Measure, measure, percentile } from './result.ts'

/** What this machine itself can do, to read the other figures by. */
export async function machineWalls(runs: number): Promise<Measure[]> {
  const fsyncs: number[] = []
  const fsyncP50: number[] = []
  const writes: number[] = []
  const loopback: number[] = []
  for (let run = 0; run < runs; run++) {
    const { perSecond, p50Ms } = await fsyncRate()
    fsyncs.push(perSecond)
    fsyncP50.push(p50Ms)
    writes.push(await sequentialWrite())
    loopback.push(await loopbackRate())
  }
  return [
    measure('wall_fsync_rate', '4 KB write + fdatasync /s', fsyncs),
    measure('wall_fsync_p50', 'ms', fsyncP50),
    measure('wall_sequential_write', 'MB/s, durable', writes),
    measure('wall_loopback', 'MB/s through one process', loopback),
  ]
}

async function inTemporaryFile<T>(use: (descriptor: number) => T): Promise<T> {
  await using directory = temporaryDirectory()
  const descriptor = openSync(join(directory.path, 'wall'), 'w')
  try {
    return use(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

const fsyncRate = (): Promise<{ perSecond: number; p50Ms: number }> =>
  inTemporaryFile((descriptor) => {
    const block = Buffer.alloc(4096, 1)
    const times: number[] = []
    const startedMs = performance.now()
    while (performance.now() - startedMs < 1000) {
      const beforeMs = performance.now()
      writeSync(descriptor, block)
      fdatasyncSync(descriptor)
      times.push(performance.now() - beforeMs)
    }
    return { perSecond: (times.length * 1000) / (performance.now() - startedMs), p50Ms: percentile(times, 0.5) }
  })

const sequentialWrite = (): Promise<number> =>
  inTemporaryFile((descriptor) => {
    const block = Buffer.alloc(2 ** 20, 1)
    const startedMs = performance.now()
    for (let megabytes = 0; megabytes < 256; megabytes++) {
      writeSync(descriptor, block)
      if (megabytes % 16 === 15) fdatasyncSync(descriptor)
    }
    return (256 * 1.048_576 * 1000) / (performance.now() - startedMs)
  })

async function loopbackRate(): Promise<number> {
  const bytes = 256 * 2 ** 20
  const server = createServer((socket) => {
    let received = 0
    socket.on('data', (chunk) => {
      received += chunk.length
      if (received === bytes) socket.end('done')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as { port: number }).port, '127.0.0.1')
  const block = Buffer.alloc(2 ** 20, 1)
  const startedMs = performance.now()
  for (let sent = 0; sent < bytes; sent += block.length) {
    if (!socket.write(block)) await once(socket, 'drain')
  }
  socket.resume()
  await once(socket, 'end')
  server.close()
  return (bytes / 1e6 / (performance.now() - startedMs)) * 1000
}
