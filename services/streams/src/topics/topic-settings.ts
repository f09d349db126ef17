import type { Topic } from '@koine/stores-ports'

type SettingType = 'boolean' | 'int' | 'long' | 'double' | 'list'

interface SettingKind {
  readonly type: SettingType
  /** Kafka's own. */
  readonly byDefault: string
  readonly accepts: (value: string) => boolean
}

export interface TopicSetting {
  readonly name: string
  readonly value: string
  /** False: it has its default. */
  readonly isSet: boolean
  readonly type: SettingType
}

const wholeNumber = /^-?\d{1,18}$/

const whole = (type: 'int' | 'long', byDefault: number | string, atLeast: number): SettingKind => ({
  type,
  byDefault: `${byDefault}`,
  accepts: (text) => wholeNumber.test(text) && Number(text) >= atLeast,
})
const oneOf = (type: SettingType, ...values: readonly [string, ...string[]]): SettingKind => ({
  type,
  byDefault: values[0],
  accepts: (text) => values.includes(text),
})
const fraction = (byDefault: string): SettingKind => ({
  type: 'double',
  byDefault,
  accepts: (text) => text.trim() !== '' && Number(text) >= 0 && Number(text) <= 1,
})

const weekMs = 604_800_000
const longMax = '9223372036854775807'

/**
 * The topic settings that a client may give, with the values taken. See https://kafka.apache.org/documentation/#topicconfigs.
 * `max.message.bytes` is kept to; the others are stored and told back.
 */
const kinds: { readonly [name: string]: SettingKind } = {
  'cleanup.policy': oneOf('list', 'delete', 'compact', 'compact,delete', 'delete,compact'),
  'compression.type': oneOf('list', 'producer'),
  'delete.retention.ms': whole('long', 86_400_000, 0),
  'file.delete.delay.ms': whole('long', 60_000, 0),
  'flush.messages': whole('long', longMax, 1),
  'flush.ms': whole('long', longMax, 0),
  'index.interval.bytes': whole('int', 4_096, 0),
  'max.compaction.lag.ms': whole('long', longMax, 1),
  'max.message.bytes': whole('int', 1_048_588, 0),
  'message.timestamp.after.max.ms': whole('long', longMax, 0),
  'message.timestamp.before.max.ms': whole('long', longMax, 0),
  // Append time would mean to change batches, which are stored as they come.
  'message.timestamp.type': oneOf('list', 'CreateTime'),
  'min.cleanable.dirty.ratio': fraction('0.5'),
  'min.compaction.lag.ms': whole('long', 0, 0),
  'min.insync.replicas': whole('int', 1, 1),
  preallocate: oneOf('boolean', 'false', 'true'),
  'retention.bytes': whole('long', -1, -1),
  'retention.ms': whole('long', weekMs, -1),
  'segment.bytes': whole('int', 1_073_741_824, 14),
  'segment.index.bytes': whole('int', 10_485_760, 4),
  'segment.jitter.ms': whole('long', 0, 0),
  'segment.ms': whole('long', weekMs, 1),
  'unclean.leader.election.enable': oneOf('boolean', 'false', 'true'),
}

/** What is wrong with a setting, in words; undefined when nothing is. */
export function topicSettingProblem(name: string, value: string): string | undefined {
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined
  if (!kind) return `there is no topic setting ${JSON.stringify(name.slice(0, 100))}`
  return kind.accepts(value) ? undefined : `${name} can't be ${JSON.stringify(value.slice(0, 100))}`
}

/** All settings of a topic, those with their default included. */
export const settingsOf = ({ settings }: Pick<Topic, 'settings'>): readonly TopicSetting[] =>
  Object.entries(kinds).map(([name, { type, byDefault }]) => {
    const isSet = Object.hasOwn(settings, name)
    return { name, value: isSet ? settings[name]! : byDefault, isSet, type }
  })
