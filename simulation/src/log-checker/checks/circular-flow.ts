import { type Work, works } from '../history.ts'
import type { LogCheck } from './check.ts'

/**
 * Information never flows in a circle between transactions (G1c): where one has read what another wrote, the other hasn't
 * read, over any number of steps, what the first one wrote. Only reads count as flow: the records of two transactions may
 * interleave in a log, which Kafka allows.
 */
export const noCircularFlow: LogCheck = function* (history) {
  const all = [...works(history)]
  const writers = new Map<string, Work>()
  for (const work of all) for (const { partition, value } of work.sends) writers.set(`${partition} ${value}`, work)
  const sources = (work: Work): Set<Work> =>
    new Set(work.reads.flatMap(({ partition, value }) => writers.get(`${partition} ${value}`) ?? []))
  const done = new Set<Work>()
  for (const start of all) {
    const circle = findCircle(start, sources, done)
    if (circle) yield `information flowed in a circle: ${circle.map(nameOfWork).join(' ← ')}`
  }
}

/** Depth first, without recursion: histories are long. */
function findCircle(start: Work, sources: (work: Work) => Set<Work>, done: Set<Work>): Work[] | undefined {
  if (done.has(start)) return undefined
  const path = [{ work: start, left: [...sources(start)] }]
  const onPath = new Set([start])
  for (let top = path.at(-1); top; top = path.at(-1)) {
    const next = top.left.pop()
    if (next === undefined) {
      path.pop()
      onPath.delete(top.work)
      done.add(top.work)
    } else if (onPath.has(next)) {
      return [...path.slice(path.findIndex(({ work }) => work === next)).map(({ work }) => work), next]
    } else if (!done.has(next)) {
      path.push({ work: next, left: [...sources(next)] })
      onPath.add(next)
    }
  }
  return undefined
}

const nameOfWork = ({ process, sends }: Work): string => `${process}(${sends.map(({ value }) => value).join(', ')})`
