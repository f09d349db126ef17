import type { Durability, Topic } from '@koine/stores-ports'
import {
  boolean,
  documented as kind,
  type DocumentedKinds,
  fraction,
  int,
  listOf,
  long,
  longMax,
  oneOf,
  restricted,
  throttledReplicas,
} from '../settings/setting-kinds.ts'
import { type Setting, settingsProblem, told as toldSettings } from '../settings/setting.ts'

const weekMs = 604_800_000
const codecs = ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer']
const asSent = "only 'producer' is served: batches are stored as their producers compressed them"
const noTiers =
  "only 'false' is served: which segments are in the blob store is settled by the operator for whole tenants"
const byTenant =
  'Accepted and told back; how much stays on the local disk is settled by the operator for whole tenants.'
const flushed = 'Accepted and told back; what is on the disk when is said by `koine.durability`.'
const told = 'Accepted and told back; nothing here depends on it.'

/**
 * The topic settings of Apache Kafka 4.2 with their defaults and ranges, and some of our own, which begin with `koine.`.
 * See https://kafka.apache.org/documentation/#topicconfigs.
 */
export const topicSettingKinds: DocumentedKinds = {
  'cleanup.policy': kind(
    listOf('delete', ['compact', 'delete']),
    'What happens to old records: `delete` gives them up by age and size, `compact` keeps the newest of each key. Both may be given.',
    { broker: 'log.cleanup.policy' },
  ),
  'compression.gzip.level': kind(
    {
      ...int(-1),
      problem: (text) =>
        text.trim() === '-1' || int(1, { atLeast: 1, atMost: 9 }).problem(text) === undefined
          ? undefined
          : 'Value must be between 1 and 9 or equal to -1',
    },
    told,
    { broker: 'compression.gzip.level' },
  ),
  'compression.lz4.level': kind(int(9, { atLeast: 1, atMost: 17 }), told, { broker: 'compression.lz4.level' }),
  'compression.type': kind(
    restricted(oneOf('producer', codecs), ['producer'], asSent),
    'How batches are compressed: as the producer sent them.',
    { broker: 'compression.type' },
  ),
  'compression.zstd.level': kind(int(3, { atLeast: -131_072, atMost: 22 }), told, { broker: 'compression.zstd.level' }),
  'delete.retention.ms': kind(
    long(86_400_000, { atLeast: 0 }),
    'How long a compacted topic keeps the tombstone of a key after it was first cleaned: the time a reader from the start has to see it.',
    { broker: 'log.cleaner.delete.retention.ms' },
  ),
  'file.delete.delay.ms': kind(long(60_000, { atLeast: 0 }), told, { broker: 'log.segment.delete.delay.ms' }),
  'flush.messages': kind(long(longMax, { atLeast: 1 }), flushed, {
    broker: 'log.flush.interval.messages',
  }),
  'flush.ms': kind(long(longMax, { atLeast: 0 }), flushed, {
    broker: 'log.flush.interval.ms',
  }),
  'follower.replication.throttled.replicas': kind(throttledReplicas, told),
  'index.interval.bytes': kind(int(4_096, { atLeast: 0 }), told, { broker: 'log.index.interval.bytes' }),
  'koine.durability': kind(
    oneOf('sync', ['sync', 'os']),
    'When a batch is acknowledged. `sync`: it is on the disk; nothing that was acknowledged is lost with the process or the machine. `os`: the operating system has it, as with Apache Kafka, and it is on the disk about a second later; nothing is lost with the process, but a machine that stops may lose the newest batches of the last second or so, whose offsets are then given out again. Markers that end transactions are always on the disk, and with them all that stands before them.',
  ),
  'leader.replication.throttled.replicas': kind(throttledReplicas, told),
  'local.retention.bytes': kind(long(-2, { atLeast: -2 }), byTenant, { broker: 'log.local.retention.bytes' }),
  'local.retention.ms': kind(long(-2, { atLeast: -2 }), byTenant, { broker: 'log.local.retention.ms' }),
  'max.compaction.lag.ms': kind(
    long(longMax, { atLeast: 1 }),
    'A compacted topic is cleaned at the latest when its oldest record that was never cleaned is this old.',
    { broker: 'log.cleaner.max.compaction.lag.ms' },
  ),
  'max.message.bytes': kind(int(1_048_588, { atLeast: 0 }), 'The largest record batch, as it is compressed.', {
    broker: 'message.max.bytes',
  }),
  'message.timestamp.after.max.ms': kind(
    long(3_600_000, { atLeast: 0 }),
    "How far ahead of the server's clock a record's timestamp may be.",
    { broker: 'log.message.timestamp.after.max.ms' },
  ),
  'message.timestamp.before.max.ms': kind(
    long(longMax, { atLeast: 0 }),
    "How far behind the server's clock a record's timestamp may be.",
    { broker: 'log.message.timestamp.before.max.ms' },
  ),
  'message.timestamp.type': kind(
    oneOf('CreateTime', ['CreateTime', 'LogAppendTime']),
    "Whether a record's timestamp is its producer's or that of the append.",
    { broker: 'log.message.timestamp.type' },
  ),
  'min.cleanable.dirty.ratio': kind(
    fraction('0.5'),
    'A compacted partition is cleaned when more than this part of it was never cleaned.',
    { broker: 'log.cleaner.min.cleanable.ratio' },
  ),
  'min.compaction.lag.ms': kind(
    long(0, { atLeast: 0 }),
    'How long a record of a compacted topic is left alone, at least.',
    { broker: 'log.cleaner.min.compaction.lag.ms' },
  ),
  'min.insync.replicas': kind(int(1, { atLeast: 1 }), told, { broker: 'min.insync.replicas' }),
  preallocate: kind(boolean(false), told, { broker: 'log.preallocate' }),
  'remote.log.copy.disable': kind(restricted(boolean(false), ['false'], noTiers), told),
  'remote.log.delete.on.disable': kind(restricted(boolean(false), ['false'], noTiers), told),
  'remote.storage.enable': kind(restricted(boolean(false), ['false'], noTiers), told),
  'retention.bytes': kind(long(-1), 'How many bytes a partition keeps where its policy is `delete`; -1 is no limit.', {
    broker: 'log.retention.bytes',
  }),
  'retention.ms': kind(
    long(weekMs, { atLeast: -1 }),
    'How long a partition keeps records where its policy is `delete`; -1 is for ever.',
    { broker: 'log.retention.hours', brokerDefault: '168' },
  ),
  'segment.bytes': kind(int(1_073_741_824, { atLeast: 1_048_576 }), told, { broker: 'log.segment.bytes' }),
  'segment.index.bytes': kind(int(10_485_760, { atLeast: 4 }), told, { broker: 'log.index.size.max.bytes' }),
  'segment.jitter.ms': kind(long(0, { atLeast: 0 }), told, { broker: 'log.roll.jitter.hours', brokerDefault: '0' }),
  'segment.ms': kind(long(weekMs, { atLeast: 1 }), told, { broker: 'log.roll.hours', brokerDefault: '168' }),
  'unclean.leader.election.enable': kind(boolean(false), told, { broker: 'unclean.leader.election.enable' }),
}

/** What is wrong with a topic's settings, in words; undefined when nothing is. */
export function topicSettingsProblem(settings: Topic['settings']): string | undefined {
  const problem = settingsProblem(settings, topicSettingKinds, 'topic')
  if (problem) return problem
  const { 'min.compaction.lag.ms': least, 'max.compaction.lag.ms': most } = settings
  if (least !== undefined && most !== undefined && BigInt(least.trim()) > BigInt(most.trim())) {
    return `conflict topic config setting min.compaction.lag.ms (${least}) > max.compaction.lag.ms (${most})`
  }
  return undefined
}

/** All settings of a topic, those with their default included. */
export const settingsOf = ({ settings }: Pick<Topic, 'settings'>): readonly Setting[] =>
  toldSettings(settings, topicSettingKinds)

/** One setting's value, of those that there are; its default where it isn't set. */
export const settingOf = ({ settings }: Pick<Topic, 'settings'>, name: string): string =>
  (Object.hasOwn(settings, name) ? settings[name] : topicSettingKinds[name]?.byDefault) ?? ''

/** When what is appended to the topic is acknowledged. */
export const durabilityOf = (topic: Pick<Topic, 'settings'>): Durability =>
  settingOf(topic, 'koine.durability').trim() === 'os' ? 'os' : 'sync'

export const numberSettingOf = (topic: Pick<Topic, 'settings'>, name: string): number => Number(settingOf(topic, name))
