import type { Clock, Logger, Randomness } from '@koine/base'
import type { Messaging } from '@koine/services-messaging'
import type { Tenancy } from '@koine/services-tenancy'
import type { Connection } from './connection.ts'
import type { CorkedWrites } from './corked-writes.ts'
import type { Instruments } from './instruments.ts'
import type { RealtimeLimits } from './limits.ts'
import type { LiveFrames } from './live-frames.ts'

/** What the gateway needs of the services. */
export type TenancyPort = Pick<Tenancy, 'authenticateBearer' | 'onRevoked' | 'tenant'>
export type MessagingPort = Pick<
  Messaging,
  'send' | 'markRead' | 'catchUp' | 'changesSince' | 'changesEnd' | 'subscribe'
>

/** What all connections of a gateway share. */
export interface Realtime {
  readonly tenancy: TenancyPort
  readonly messaging: MessagingPort
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
  readonly limits: RealtimeLimits
  readonly instruments: Instruments
  readonly writes: CorkedWrites
  readonly liveFrames: LiveFrames
  /** Called once for each connection, when its socket is closed. */
  readonly onGone: (connection: Connection) => void
}
