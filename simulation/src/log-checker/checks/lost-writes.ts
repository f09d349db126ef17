import { allSeen, works } from '../history.ts'
import type { LogCheck } from './check.ts'

const keyOf = ({ partition, value }: { partition: string; value: string }): string => `${partition} ${value}`

/** An acknowledged record is missing although readers have come past its place: it was lost. */
export const noLostWrites: LogCheck = function* (history) {
  for (const { send, ends } of missing(history)) {
    if (send.offset === undefined || send.offset < (ends.get(send.partition) ?? 0)) {
      yield `${send.value} was acknowledged in ${send.partition}@${send.offset ?? '?'} and is not there`
    }
  }
}

/** An acknowledged record that no reader, not even the last, has come to. */
export const noUnseenWrites: LogCheck = function* (history) {
  for (const { send, ends } of missing(history)) {
    if (send.offset !== undefined && send.offset >= (ends.get(send.partition) ?? 0)) {
      yield `${send.value} was acknowledged in ${send.partition}@${send.offset} and nobody has come to see it`
    }
  }
}

function* missing(history: Parameters<LogCheck>[0]) {
  const ends = new Map<string, number>()
  for (const { partition, offset } of allSeen(history)) {
    ends.set(partition, Math.max(ends.get(partition) ?? 0, offset + 1))
  }
  const present = new Set(history.final.map(keyOf))
  for (const { outcome, sends } of works(history)) {
    if (outcome !== 'ok') continue
    for (const send of sends) if (!present.has(keyOf(send))) yield { send, ends }
  }
}
