import { KoineError, toKoineError } from '@koine/base'
import type { ClientFrameOf, CloseReason } from '@koine/protocols-realtime'
import type { ConnectedUser, Connection } from '../connection.ts'
import { catchUp } from './catch-up.ts'

/**
 * Lets a client in: authenticate, subscribe, `connected`, catch up, `caughtUp`. The subscription is in force before the
 * catch-up reads, so that what is sent in between is in one of the two. Never rejects.
 */
export async function connect(connection: Connection, frame: ClientFrameOf<'connect'>): Promise<void> {
  try {
    // Registered in the turn in which authentication resolved: a revocation from here on finds the connection.
    connection.authenticated(await authenticate(connection, frame.token))
    connection.live.holdBack(connection.realtime.limits.sendBufferBytes)
    await connection.listen()
    connection.opened()
    if (frame.resume || frame.cursor !== undefined) {
      await catchUp(connection, { cursor: frame.cursor, positions: frame.resume })
    } else await begin(connection)
  } catch (thrown) {
    turnAway(connection, toKoineError(thrown))
  }
}

/** A client that has nothing, or will ask elsewhere for what there is, hears of what is new from here on. */
async function begin(connection: Connection): Promise<void> {
  const { scope, userId } = connection.user
  const end = await connection.realtime.messaging.changesEnd(scope, userId)
  connection.send({ type: 'caughtUp', hasMore: false, cursor: connection.cursorText(end) })
  connection.follow(end)
  connection.letGo(nothing)
}

async function authenticate({ realtime }: Connection, token: string): Promise<ConnectedUser> {
  const principal = await realtime.tenancy.authenticateBearer(token)
  if (principal.kind === 'user') return principal
  throw new KoineError('unauthenticated', 'Realtime connections are for user tokens.')
}

const nothing: ReadonlyMap<string, number> = new Map()

const reasons: { readonly [code in KoineError['code']]?: CloseReason } = {
  invalid_request: 'badFrame',
  unauthenticated: 'unauthenticated',
  tenant_suspended: 'tenantSuspended',
  overloaded: 'overloaded',
}

function turnAway(connection: Connection, error: KoineError): void {
  const reason = reasons[error.code] ?? 'internal'
  if (reason === 'internal') {
    connection.realtime.logger.error({ err: error, connectionId: connection.id }, 'a client could not be connected')
  }
  connection.close(reason)
}
