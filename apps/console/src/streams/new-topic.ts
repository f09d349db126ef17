import type { NewTopic } from '../api/streams-port.ts'

export interface TopicForm {
  readonly name: string
  readonly partitions: string
  readonly keeps: string
}

/** How long a new topic keeps its records, as topic settings. */
export const retentions: readonly {
  readonly id: string
  readonly text: string
  readonly settings: NewTopic['settings']
}[] = [
  { id: 'default', text: 'As the server does by default', settings: {} },
  { id: 'hour', text: 'For an hour', settings: { 'retention.ms': '3600000' } },
  { id: 'day', text: 'For a day', settings: { 'retention.ms': '86400000' } },
  { id: 'week', text: 'For a week', settings: { 'retention.ms': '604800000' } },
  { id: 'month', text: 'For 30 days', settings: { 'retention.ms': '2592000000' } },
  { id: 'ever', text: 'For ever', settings: { 'retention.ms': '-1' } },
  { id: 'compact', text: 'The newest of each key (compacted)', settings: { 'cleanup.policy': 'compact' } },
]

/** What is wrong with a topic's name by Kafka's rules, in words. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'A topic needs a name.'
  if (name === '.' || name === '..') return 'This name is taken by the file system.'
  if (name.length > 249) return 'A name has at most 249 characters.'
  if (!/^[\w.-]+$/.test(name)) return 'Letters, digits, dots, underscores and hyphens only.'
  if (name.startsWith('koine.')) return 'Names that begin with “koine.” are for the platform’s own topics.'
  return undefined
}

export function partitionsProblem(partitions: string): string | undefined {
  return /^[1-9]\d{0,3}$/.test(partitions) ? undefined : 'A whole number from 1.'
}

export const topicOf = ({ name, partitions, keeps }: TopicForm): NewTopic => ({
  name,
  partitions: Number(partitions),
  settings: retentions.find(({ id }) => id === keeps)?.settings ?? {},
})
