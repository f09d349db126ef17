#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { resolve } from 'node:path'

// Types are stripped once, not at every start; a place that can't be written only costs the time.
enableCompileCache(resolve(import.meta.dirname, '../../../node_modules/.cache/koine'))

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
