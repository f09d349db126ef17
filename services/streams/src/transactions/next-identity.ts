import type { ProducerIdentity } from '../records/transaction-gate.ts'
import { noProducerEpoch, noProducerId } from './outcomes.ts'
import { isEpochExhausted, type Transaction } from './transaction.ts'

/** What InitProducerId makes of the identity that holds a transactional id. */
export type NextIdentity =
  | { readonly kind: 'next'; readonly identity: ProducerIdentity; readonly last: ProducerIdentity }
  /** A new producer id is needed: there is none yet, or the epochs of the one there is are used up. */
  | { readonly kind: 'new-id'; readonly last: ProducerIdentity }
  /** The producer asks again because it missed the answer. */
  | { readonly kind: 'repeated'; readonly identity: ProducerIdentity }
  | { readonly kind: 'fenced' }

/**
 * Decides for a transactional id without an open transaction.
 * @param claimed the identity that the producer says it has, to go on from it after an error (KIP-360); undefined when it
 * begins anew, which fences whoever was there before
 */
export function nextIdentity(held: Transaction | undefined, claimed: ProducerIdentity | undefined): NextIdentity {
  if (!held) return { kind: 'new-id', last: { producerId: noProducerId, producerEpoch: noProducerEpoch } }
  if (claimed && isRepeated(held, claimed)) return { kind: 'repeated', identity: held }
  if (claimed && !isCurrent(held, claimed)) return { kind: 'fenced' }
  return following(held, claimed)
}

/** The identity after the held one, whoever asks for it. */
export function following(held: Transaction, claimed: ProducerIdentity | undefined): NextIdentity {
  const { producerId, producerEpoch } = held
  const last = { producerId, producerEpoch: claimed?.producerEpoch ?? noProducerEpoch }
  if (isEpochExhausted(held)) return { kind: 'new-id', last }
  return { kind: 'next', identity: { producerId, producerEpoch: producerEpoch + 1 }, last }
}

export const isCurrent = (held: ProducerIdentity, claimed: ProducerIdentity): boolean =>
  held.producerId === claimed.producerId && held.producerEpoch === claimed.producerEpoch

/** There is no danger in answering again: any other producer would have left no last epoch behind. */
const isRepeated = (held: Transaction, claimed: ProducerIdentity): boolean =>
  held.lastProducerEpoch !== noProducerEpoch &&
  held.lastProducerId === claimed.producerId &&
  held.lastProducerEpoch === claimed.producerEpoch
