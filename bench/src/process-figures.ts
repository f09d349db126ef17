import { readFileSync } from 'node:fs'

/** Resident memory of a process in bytes, as the kernel counts it (Linux). */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (!line) throw new Error(`/proc/${pid}/status names no VmRSS`)
  return Number(line[1]) * 1024
}

/** Bytes that a process has had written to disk so far, whole pages counted (Linux). */
export function writtenBytes(pid: number): number {
  const line = /^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))
  if (!line) throw new Error(`/proc/${pid}/io names no write_bytes`)
  return Number(line[1])
}
