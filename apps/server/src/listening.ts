import { KoineError } from '@koine/base'

const loopbackNames = new Set(['localhost', '::1'])

export const isLoopback = (host: string): boolean => loopbackNames.has(host) || /^127(\.\d{1,3}){3}$/.test(host)

interface ListenerSettings {
  readonly host: string
  readonly tls: { readonly certificate: string }
}

/** @throws KoineError when an address that others can reach would be served in the clear without anyone having said so */
export function refuseOpenPlaintext(
  listeners: { readonly [name: string]: ListenerSettings },
  allowPlaintext: boolean,
): void {
  for (const [name, { host, tls }] of Object.entries(listeners)) {
    if (!allowPlaintext && tls.certificate === '' && !isLoopback(host)) {
      throw new KoineError(
        'invalid_request',
        `${name}.host is ${host}, which others can reach, and there is no TLS: use a loopback address, set ${name}.tls.certificate, or say --allow-plaintext when a proxy in front ends TLS`,
      )
    }
  }
}

/** `host:port` as URLs and Kafka clients read it: the address of IPv6 goes in brackets (RFC 3986, section 3.2.2). */
export const authority = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`

/** Where this machine reaches what listens at a host: at all addresses is at none that could be connected to. */
export const reachable = (host: string): string => (host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host)

/** A failure to listen, in words that say what to do. */
export function listenFailure(cause: unknown, { what, host, port, flag }: ListenAttempt): KoineError {
  const code = (cause as { code?: string }).code
  const because =
    code === 'EADDRINUSE'
      ? 'is in use by another process'
      : code === 'EACCES'
        ? 'may not be used by this user'
        : code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND'
          ? 'is not an address of this machine'
          : `can't be used (${code ?? String(cause)})`
  return new KoineError('unavailable', `${what}: ${authority(host, port)} ${because}; choose another with ${flag}`, {
    cause,
  })
}

interface ListenAttempt {
  readonly what: string
  readonly host: string
  readonly port: number
  readonly flag: string
}
