import { readFileSync } from 'node:fs'

/** Memory of a process that the system holds for it, as Linux counts it. */
export function residentBytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  if (kilobytes === undefined) throw new Error(`The system tells no resident memory of process ${pid}`)
  return Number(kilobytes) * 1024
}
