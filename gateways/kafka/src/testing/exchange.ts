import { setImmediate as turn } from 'node:timers/promises'
import { until, type ManualClock } from '@koine/base/testing'
import { apis, apiVersions, type Reader as FrameReader, Reader, readResponseHeader } from '@koine/protocols-kafka'
import { type RawRequest, requestBytes } from './raw-request.ts'
import type { WireClient } from './wire-client.ts'

export interface Exchanged {
  /** Undefined when the request had no answer. */
  readonly frame: Uint8Array | undefined
  /** The server closed the connection. */
  readonly isClosed: boolean
}

const [asked, behind] = [1, 2]

/** Sends a frame and a request of ApiVersions behind it, which shows that the connection goes on. Time moves on until then. */
export async function exchange(client: WireClient, bytes: Uint8Array, clock: ManualClock): Promise<Exchanged> {
  client.socket.write(
    Buffer.concat([
      bytes,
      requestBytes({ api: apis.get(apiVersions.key)!, version: 0, correlationId: behind, body: {} }),
    ]),
  )
  let frame: Uint8Array | undefined
  for (;;) {
    const next = await inTime(client.frame(), clock)
    if (!next) return { frame, isClosed: true }
    if (new Reader(next).int32() === behind) return { frame, isClosed: false }
    frame = next
  }
}

export const requestOf = (request: Omit<RawRequest, 'correlationId'>): Uint8Array =>
  requestBytes({ ...request, correlationId: asked })

/** Turns of the event loop in which whatever waits for no time is done. */
const turnsMax = 400

/** What waits for time gets some, when nothing else moves any more. */
export async function inTime<T>(waited: Promise<T>, clock: ManualClock): Promise<T> {
  const state = { isOver: false }
  const ended = waited.finally(() => (state.isOver = true))
  ended.catch(() => {}) // The caller sees it.
  for (let turns = 0; turns < turnsMax && !state.isOver; turns++) await turn()
  await until('the answer is there', () => {
    if (!state.isOver) clock.advance(500)
    return state.isOver
  })
  return ended
}

/** The values of an answer. @throws ProtocolError when its bytes aren't those of the API's table */
export function decodeAnswer({ api, version }: Pick<RawRequest, 'api' | 'version'>, frame: Uint8Array): object {
  const reader: FrameReader = new Reader(frame)
  readResponseHeader(reader, api, version)
  const answer = api.response.decode(reader, version)
  if (reader.remaining > 0) throw new Error(`${reader.remaining} bytes follow the answer.`)
  return answer
}

/** All error codes in an answer, wherever they are. */
export function errorCodesIn(value: unknown): readonly number[] {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return []
  return Object.entries(value).flatMap(([name, held]) =>
    /errorcode$/i.test(name) && typeof held === 'number' ? [held] : errorCodesIn(held),
  )
}
