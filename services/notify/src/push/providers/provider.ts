import type { Clock, Randomness } from '@koine/base'
import type { OutboundResponse, Transport } from '../../outbound/transport.ts'
import { OutboundFailure } from '../../outbound/transport.ts'
import type { PushMessage, PushOutcome } from '../push-message.ts'

/** One push service's protocol. */
export interface PushProvider<Address, Credentials> {
  /** Never rejects for what the service answers, or when it doesn't. */
  send(push: Push<Address, Credentials>, signal: AbortSignal): Promise<PushOutcome>
}

export interface Push<Address, Credentials> {
  readonly address: Address
  readonly credentials: Credentials
  /** Names the credentials: tokens and connections are kept by it. */
  readonly fingerprint: string
  readonly message: PushMessage
}

export interface ProviderContext {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly transport: Transport
}

/** A request that got no answer, as an outcome. */
export function unanswered(thrown: unknown): PushOutcome {
  if (!(thrown instanceof OutboundFailure)) throw thrown
  if (thrown.reason === 'address-refused') return { kind: 'dead', reason: 'its address may not be reached' }
  return { kind: 'retry', reason: thrown.message }
}

/** The answer's body as JSON, as far as it is; undefined when it isn't. */
export function jsonOf({ body }: OutboundResponse): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    return undefined // Not JSON, or not all of it.
  }
}

/** A member of what may be anything. */
export const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined

/** What a service said, short and plain enough for a log. */
export const reasonText = (value: unknown, fallback: string): string =>
  typeof value === 'string' && /^[\w .:-]{1,100}$/.test(value) ? value : fallback
