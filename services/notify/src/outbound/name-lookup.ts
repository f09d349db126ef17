import { Resolver, lookup } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { isPublicAddress } from './addresses.ts'
import { OutboundFailure } from './transport.ts'

export interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

/** Every address of a name; rejects with an error that has a `code` of `node:dns` when there is none. */
export type ResolveName = (name: string) => Promise<readonly ResolvedAddress[]>

/** Those that didn't answer in time are not asked again in another way. */
const tooSlow = new Set(['ETIMEOUT', 'ECANCELLED'])
const loopback: readonly ResolvedAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/**
 * Asks the name servers without a thread, so that names that answer slowly hold up nobody else's; what they don't know
 * may stand in the machine's own list of hosts.
 */
export function systemResolve(): ResolveName {
  const resolver = new Resolver({ timeout: 2000, tries: 2 })
  return async (name) => {
    // Never a question for a name server (RFC 6761).
    if (name === 'localhost' || name.endsWith('.localhost')) return loopback
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
    const found = [
      ...(v4.status === 'fulfilled' ? v4.value.map((address) => ({ address, family: 4 })) : []),
      ...(v6.status === 'fulfilled' ? v6.value.map((address) => ({ address, family: 6 })) : []),
    ]
    if (found.length > 0) return found
    for (const { reason } of [v4, v6].filter((result) => result.status === 'rejected')) {
      if (tooSlow.has((reason as NodeJS.ErrnoException).code ?? '')) throw reason
    }
    return lookup(name, { all: true })
  }
}

/**
 * A lookup for connections that gives only what may be reached. The connection is made to these very addresses, so that
 * a name which answers otherwise the next time gains nothing. One address of the inside among them condemns the name.
 */
export function guardedLookup(resolve: ResolveName, allowPrivate: boolean): LookupFunction {
  return (name, options, callback) => {
    allowedAddresses(name, resolve, allowPrivate).then(
      (addresses) => {
        const wanted = addresses.filter(({ family }) => !options.family || family === familyNumber(options.family))
        const [first] = wanted
        if (!first) callback(new OutboundFailure('name-not-found', `${name} has no address of that family.`), '', 0)
        else if (options.all) callback(null, [...wanted])
        else callback(null, first.address, first.family)
      },
      (error: Error) => callback(error, '', 0),
    )
  }
}

const familyNumber = (family: number | 'IPv4' | 'IPv6'): number =>
  family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : family

async function allowedAddresses(
  name: string,
  resolve: ResolveName,
  allowPrivate: boolean,
): Promise<readonly ResolvedAddress[]> {
  const found = await resolve(name).catch((cause: unknown) => {
    throw new OutboundFailure('name-not-found', `The name ${name} could not be resolved.`, cause)
  })
  if (found.length === 0) throw new OutboundFailure('name-not-found', `The name ${name} has no address.`)
  if (!allowPrivate && !found.every(({ address }) => isPublicAddress(address))) {
    throw new OutboundFailure('address-refused', `The name ${name} leads to an address that may not be reached.`)
  }
  return found
}
