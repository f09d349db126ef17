import type { NodeHealth } from '@koine/sdk'
import type { Command } from 'commander'
import { formatBytes, formatCount } from './figures.ts'
import { printFields, printJson, printRows } from './output.ts'
import type { Session } from './session.ts'

export function addStatusCommand(program: Command, session: () => Session): void {
  program
    .command('status')
    .description('show how the server does: its disk, a Kafka client of its own, how busy it is')
    .action(async () => {
      const { api, output } = session()
      const health = await api.node.health()
      if (output.json) printJson(output, health)
      else describe(output, health)
    })
}

function describe(
  output: Session['output'],
  { status, startedAt, disk, probe, backpressure, ...rest }: NodeHealth,
): void {
  const { eventLoop, memory, changes } = rest
  const errors = Object.entries(disk.errors).map(([code, count]) => `${code} ${formatCount(count)} times`)
  printFields(output, {
    status,
    started: startedAt,
    disk: stateWith(disk.state, disk.reason, `syncs within ${milliseconds(disk.recentMs.sync)}`),
    'disk space': spaceOf(disk),
    'disk errors': errors.length === 0 ? undefined : errors.join(', '),
    'oldest wait': disk.oldestWaitMs < 100 ? undefined : milliseconds(disk.oldestWaitMs),
    probe: stateWith(probe.state, probe.reason, roundOf(probe)),
    overload: overloadOf(backpressure),
    'event loop': `${Math.round(eventLoop.utilization * 100)} % busy, 99 in 100 timers within ${milliseconds(eventLoop.delayP99Ms)}`,
    memory: formatBytes(memory.residentBytes),
  })
  if (changes.length === 0) return
  output.write('\n')
  printRows(
    output,
    changes,
    [
      { title: 'WHEN', cell: ({ at }) => at },
      { title: 'WHAT', cell: ({ part }) => part },
      { title: 'FROM', cell: ({ from }) => from },
      { title: 'TO', cell: ({ to }) => to },
      { title: 'WHY', cell: ({ reason }) => reason },
    ],
    'Nothing changed',
  )
}

/** A state, and why, or else how well. */
function stateWith(state: string, reason: string | undefined, otherwise: string | undefined): string {
  const words = reason !== undefined && reason !== '' ? reason : otherwise
  return words === undefined ? state : `${state}: ${words}`
}

const spaceOf = ({ freeBytes, totalBytes }: NodeHealth['disk']): string | undefined =>
  freeBytes === undefined || totalBytes === undefined
    ? undefined
    : `${formatBytes(freeBytes)} free of ${formatBytes(totalBytes)}`

const roundOf = ({ lastRound }: NodeHealth['probe']): string | undefined =>
  lastRound &&
  `a record written in ${milliseconds(lastRound.produceMs)} and read back after ${milliseconds(lastRound.roundTripMs)}`

function overloadOf({ overloaded, signal, slowedTenants }: NodeHealth['backpressure']): string {
  if (!overloaded && slowedTenants === 0) return 'none'
  return `${overloaded ? `of the ${signal}` : 'passing'}, ${formatCount(slowedTenants)} tenants slowed`
}

const milliseconds = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : formatCount(Math.round(ms))} ms`
