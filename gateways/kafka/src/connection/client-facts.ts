import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { type TenantId, tenantIds } from '@koine/base'

/** What a connection shows of itself before a word is said. */
export interface ClientFacts {
  /** As ACLs name it: an IPv4 address stays one when it comes by IPv6. */
  readonly address: string
  /** The tenant that the host name asked for over TLS stands for. */
  readonly tenantId: TenantId | undefined
}

const ipv4InIpv6 = '::ffff:'

export const plainAddress = (address: string): string =>
  address.startsWith(ipv4InIpv6) ? address.slice(ipv4InIpv6.length) : address

export const clientFacts = (socket: Socket): ClientFacts => ({
  address: plainAddress(socket.remoteAddress ?? ''),
  tenantId: tenantOf(hostNameOf(socket)),
})

/** The host name that the client has asked for, when it stands for a tenant: what to tell it to connect to again. */
export function tenantHostName(socket: Socket): string | undefined {
  const name = hostNameOf(socket)
  return tenantOf(name) && name
}

function hostNameOf(socket: Socket): string | undefined {
  const name: unknown = socket instanceof TLSSocket ? (socket as { servername?: unknown }).servername : undefined
  return typeof name === 'string' ? name : undefined
}

/** The first label is the tenant's id with a hyphen for the underscore, which host names don't have (RFC 952). */
function tenantOf(hostName: string | undefined): TenantId | undefined {
  const [label = ''] = hostName?.toLowerCase().split('.', 1) ?? []
  return tenantIds.parse(label.replace('-', '_'))
}
