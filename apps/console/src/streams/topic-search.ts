import type { Format } from './records/decoding.ts'
import type { FeedStart } from './records/record-feed.ts'

export type TopicTab = 'messages' | 'partitions' | 'settings'

/** What the address of a topic's page says; what is left out is as usual. */
export interface TopicSearch {
  readonly tab?: Exclude<TopicTab, 'messages'> | undefined
  /** Where the list of messages begins: the newest when neither this nor `at` is given. */
  readonly from?: 'oldest' | number | undefined
  /** ISO 8601. */
  readonly at?: string | undefined
  readonly partition?: number | undefined
  readonly as?: Exclude<Format, 'json'> | undefined
  readonly live?: true | undefined
  /** `partition:offset` of the record that is open. */
  readonly record?: string | undefined
}

/** Anybody may write an address: what makes no sense is left out. */
export function parseTopicSearch(search: Readonly<Record<string, unknown>>): TopicSearch {
  const { tab, from, at, partition, as, live, record } = search
  return {
    ...((tab === 'partitions' || tab === 'settings') && { tab }),
    ...((from === 'oldest' || isPlace(from)) && { from }),
    ...(typeof at === 'string' && !Number.isNaN(Date.parse(at)) && { at }),
    ...(isPlace(partition) && { partition }),
    ...((as === 'text' || as === 'hex') && { as }),
    ...(live === true && { live }),
    ...(typeof record === 'string' && /^\d+:\d+$/.test(record) && { record }),
  }
}

export function startOf({ from, at }: TopicSearch): FeedStart {
  if (typeof from === 'number') return { kind: 'offset', offset: from }
  if (at !== undefined) return { kind: 'time', at }
  return from === 'oldest' ? { kind: 'oldest' } : { kind: 'newest' }
}

const isPlace = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
