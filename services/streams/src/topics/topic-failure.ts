export type TopicFailure =
  | 'exists'
  | 'invalid-name'
  | 'invalid-partitions'
  | 'invalid-setting'
  | 'no-such-topic'
  | 'reserved'
  | 'too-many'

export interface TopicRefusal {
  readonly ok: false
  readonly reason: TopicFailure
  readonly message: string
}

export const refusal = (reason: TopicFailure, message: string): TopicRefusal => ({ ok: false, reason, message })

export const noSuchTopic = (name: string): TopicRefusal =>
  refusal('no-such-topic', `The topic '${name}' does not exist.`)

export const reserved = (name: string, what: string): TopicRefusal =>
  refusal('reserved', `${name} belongs to the platform and can't be ${what}.`)
