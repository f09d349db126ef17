import { type Static, Type } from 'typebox'
import { exampleTime, Time } from './fields.ts'

const Milliseconds = Type.Number({ minimum: 0 })
const Count = Type.Integer({ minimum: 0 })
const Bytes = Type.Integer({ minimum: 0 })
const Share = Type.Number({ minimum: 0, maximum: 1 })
const Reason = Type.String({ description: 'In words; empty when there is nothing to say.' })
const oneOf = <const T extends string[]>(values: readonly [...T], description?: string) =>
  Type.Enum([...values], { type: 'string', ...(description !== undefined && { description }) })

const Disk = Type.Object({
  state: oneOf(
    ['healthy', 'slow', 'failing', 'stuck'],
    '`slow`: syncs take too long. `failing`: writes fail. `stuck`: an operation doesn’t come back.',
  ),
  reason: Reason,
  since: Time,
  recentMs: Type.Object(
    { read: Milliseconds, write: Milliseconds, sync: Milliseconds },
    { description: 'Nine in ten of the last seconds’ operations stayed within it; 0: there were none.' },
  ),
  oldestWaitMs: Type.Number({ minimum: 0, description: 'How long the oldest operation has been under way.' }),
  freeBytes: Type.Optional(Bytes),
  totalBytes: Type.Optional(Bytes),
  errors: Type.Record(Type.String(), Count, { description: 'Since the start, by the system’s name: EIO, ENOSPC …' }),
})

const Probe = Type.Object({
  state: oneOf(['off', 'starting', 'ok', 'failing']),
  reason: Type.Optional(Reason),
  since: Type.Optional(Time),
  rounds: Type.Optional(Count),
  failures: Type.Optional(Count),
  lastRound: Type.Optional(
    Type.Object(
      {
        at: Time,
        connectMs: Milliseconds,
        signInMs: Milliseconds,
        produceMs: Milliseconds,
        fetchMs: Milliseconds,
        roundTripMs: Milliseconds,
      },
      { description: 'The last one that was well. The round trip is from sending a record until it is read.' },
    ),
  ),
  lastFailure: Type.Optional(
    Type.Object({
      at: Time,
      stage: oneOf(['prepare', 'connect', 'sign-in', 'topic', 'produce', 'fetch']),
      reason: oneOf(['refused', 'closed', 'timeout', 'error', 'wrong']),
      message: Type.String(),
    }),
  ),
})

const Backpressure = Type.Object({
  overloaded: Type.Boolean(),
  signal: Type.Union([Type.String(), Type.Null()], { description: 'What is nearest to its limit.' }),
  pressure: Type.Number({ minimum: 0, description: 'That, over its limit.' }),
  rate: Type.Number({ minimum: 0, description: 'Bytes a second of work that all tenants do.' }),
  bound: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
    description: 'What they are held to; null: nothing.',
  }),
  slowedTenants: Count,
  slowedMs: Milliseconds,
})

const EventLoop = Type.Object({ delayP50Ms: Milliseconds, delayP99Ms: Milliseconds, utilization: Share })

export const NodeHealth = Type.Object(
  {
    status: oneOf(
      ['ok', 'degraded', 'failing'],
      '`failing`: not ready, see `/readyz`. `degraded`: it serves, and something wants to be looked at.',
    ),
    startedAt: Time,
    disk: Disk,
    probe: Probe,
    backpressure: Backpressure,
    eventLoop: EventLoop,
    memory: Type.Object({ residentBytes: Bytes, heapUsedBytes: Bytes }),
    changes: Type.Array(
      Type.Object({
        at: Time,
        part: oneOf(['disk', 'probe']),
        from: Type.String(),
        to: Type.String(),
        reason: Reason,
      }),
      { description: 'The last changes of state, the newest first.' },
    ),
  },
  {
    title: 'NodeHealth',
    examples: [
      {
        status: 'degraded',
        startedAt: exampleTime,
        disk: {
          state: 'slow',
          reason: 'one sync in ten takes 320 ms or longer',
          since: exampleTime,
          recentMs: { read: 0.2, write: 0.4, sync: 320 },
          oldestWaitMs: 0,
          freeBytes: 91_000_000_000,
          totalBytes: 100_000_000_000,
          errors: {},
        },
        probe: {
          state: 'ok',
          reason: '',
          since: exampleTime,
          rounds: 17,
          failures: 0,
          lastRound: {
            at: exampleTime,
            connectMs: 0.4,
            signInMs: 0.8,
            produceMs: 311,
            fetchMs: 1.2,
            roundTripMs: 312.2,
          },
        },
        backpressure: {
          overloaded: false,
          signal: 'disk',
          pressure: 0.3,
          rate: 1_200_000,
          bound: null,
          slowedTenants: 0,
          slowedMs: 0,
        },
        eventLoop: { delayP50Ms: 0.1, delayP99Ms: 4.2, utilization: 0.12 },
        memory: { residentBytes: 180_000_000, heapUsedBytes: 60_000_000 },
        changes: [
          {
            at: exampleTime,
            part: 'disk',
            from: 'healthy',
            to: 'slow',
            reason: 'one sync in ten takes 320 ms or longer',
          },
        ],
      },
    ],
  },
)
export type NodeHealth = Static<typeof NodeHealth>
