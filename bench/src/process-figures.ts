import { readFileSync, writeFileSync } from 'node:fs'

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

/** The most resident memory that a process and its descendants have each had so far, in bytes (Linux). */
export function peakResidentBytes(pid: number): number {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (!line) throw new Error(`/proc/${pid}/status names no VmHWM`)
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  const below = children === '' ? [] : children.split(' ').map((child) => peakResidentBytes(Number(child)))
  return below.reduce((sum, bytes) => sum + bytes, Number(line[1]) * 1024)
}

/** From now on `peakResidentBytes` tells the most since now, of this process without its descendants (Linux). */
export const forgetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5')
