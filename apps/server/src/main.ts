#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { resolve } from 'node:path'

// Types are stripped once, not at every start; a place that can't be written only costs the time.
enableCompileCache(resolve(import.meta.dirname, '../../../node_modules/.cache/koine'))
// Read when the pool of threads starts, with the first asynchronous use of files: so that a few tenants' syncs, which take
// a thread each, don't hold up everybody else's writes.
process.env['UV_THREADPOOL_SIZE'] ??= '16'
const { collectByProportion } = await import('./collect-by-proportion.ts')
collectByProportion()

const { run } = await import('./run.ts')

process.exitCode = await run({
  words: process.argv.slice(2),
  environment: process.env,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  consoleDirectory: ['../../console/dist']
    .map((path) => resolve(import.meta.dirname, path))
    .find((path) => existsSync(resolve(path, 'index.html'))),
})
// A handle that outlives the drain (a client that never closes) must not keep the process.
setTimeout(() => process.exit(), 1000).unref()
