import type { StreamsUsage } from '@koine/sdk'
import type { Command } from 'commander'
import { formatBytes, formatCount } from './figures.ts'
import { printFields, printJson, printRows } from './output.ts'
import type { Session } from './session.ts'

export function addUsageCommand(program: Command, session: () => Session): void {
  program
    .command('usage')
    .description("show what the tenant's cluster uses of what it may, and where its records are")
    .action(async () => {
      const { api, output } = session()
      printUsage(output, await api.streams.usage())
    })
}

export function printUsage(output: Session['output'], usage: StreamsUsage): void {
  if (output.json) return printJson(output, usage)
  const { segments, readBytes, cacheHitRate, damagedSegments } = usage
  printRows(
    output,
    rowsOf(usage),
    [
      { title: 'WHAT', cell: ({ what }) => what },
      { title: 'USED', cell: ({ used }) => used },
      { title: 'QUOTA', cell: ({ quota }) => quota },
      { title: 'SHARE', cell: ({ share }) => share },
      { title: 'THROTTLED', cell: ({ throttled }) => throttled },
    ],
    'Nothing is used',
  )
  output.write('\n')
  printFields(output, {
    'on the local disk': tierOf(segments.local),
    'in the blob store': tierOf(segments.tiered),
    damaged: damagedSegments === 0 ? undefined : `${formatCount(damagedSegments)} segments`,
    'read from memory': cacheHitRate === null ? 'nothing was read yet' : share(cacheHitRate, 1),
    'read in all': formatBytes(readBytes.cache + readBytes.local + readBytes.tiered),
  })
}

interface Row {
  readonly what: string
  readonly used: string
  readonly quota: string
  readonly share: string
  readonly throttled: string
}

const bytesASecond = (bytes: number): string => `${formatBytes(bytes)}/s`
const aSecond = (count: number): string =>
  `${count < 10 ? Math.round(count * 10) / 10 : formatCount(Math.round(count))}/s`
const percent = (value: number): string => `${Math.round(value * 10) / 10} %`

/** In the order in which people ask. */
function rowsOf({ rates, held }: StreamsUsage): readonly Row[] {
  const rate = (what: string, kind: keyof StreamsUsage['rates'], format: (value: number) => string): Row => {
    const { perSecond, quota, throttledMs } = rates[kind]
    const throttled = throttledMs === 0 ? '' : `${(throttledMs / 1000).toFixed(1)} s in the last minute`
    return { what, used: format(perSecond), throttled, ...against(perSecond, quota, format) }
  }
  const count = (what: string, kind: keyof StreamsUsage['held']): Row => {
    const { used, quota } = held[kind]
    return { what, used: formatCount(used), throttled: '', ...against(used, quota, formatCount) }
  }
  return [
    rate('produce', 'produceBytesPerSecond', bytesASecond),
    rate('fetch', 'fetchBytesPerSecond', bytesASecond),
    rate('requests', 'requestsPerSecond', aSecond),
    rate('request time', 'requestPercentage', percent),
    rate('partitions made', 'partitionMutationsPerSecond', aSecond),
    rate('connections made', 'connectionsPerSecond', aSecond),
    count('connections', 'connections'),
    count('topics', 'topics'),
    count('partitions', 'partitions'),
    count('groups', 'groups'),
  ]
}

function against(used: number, quota: number | null, format: (value: number) => string): Pick<Row, 'quota' | 'share'> {
  return quota === null ? { quota: 'unlimited', share: '' } : { quota: format(quota), share: share(used, quota) }
}

const share = (part: number, whole: number): string => (whole === 0 ? '' : percent((part / whole) * 100))

const tierOf = ({ segments, bytes }: StreamsUsage['segments']['local']): string =>
  `${formatCount(segments)} segments, ${formatBytes(bytes)}`
