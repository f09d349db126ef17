#!/usr/bin/env node
import { KoineError } from '@koine/sdk'
import { createProgram } from './program.ts'

// Whoever reads may have enough, as `head` has: no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

const program = createProgram({
  environment: process.env,
  write: (text) => void process.stdout.write(text),
  onExitCode: (code) => (process.exitCode = code),
})

try {
  await program.parseAsync()
} catch (thrown) {
  const message = (thrown as Error).message
  process.stderr.write(`koine: ${message}${thrown instanceof KoineError ? ` (${thrown.code})` : ''}\n`)
  process.exitCode = 1
}
