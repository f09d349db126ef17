import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@koine/base/testing'
import { Lifeline } from './lifeline.ts'

test('after its end a process gets no answer, no timer and no news, while the store goes on', async () => {
  const clock = new ManualClock()
  const life = new Lifeline()
  const gate = Promise.withResolvers<void>()
  const listeners = new Set<(news: string) => void>()
  const written: string[] = []
  const store = life.tie({
    write: async (text: string) => {
      await gate.promise
      written.push(text)
    },
    listen: (listener: (news: string) => void) => void listeners.add(listener),
  })
  const heard: string[] = []
  store.listen((news) => heard.push(news))
  life.clock(clock).after(10, () => heard.push('timer'))
  let answered = false
  void store.write('before').then(() => (answered = true))
  for (const listener of listeners) listener('first')
  life.end()
  gate.resolve()
  void store.write('after').then(() => (answered = true))
  for (const listener of listeners) listener('second')
  clock.advance(100)
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual({ heard, written, answered }, { heard: ['first'], written: ['before'], answered: false })
})
