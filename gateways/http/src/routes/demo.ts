import { KoineError } from '@koine/base'
import type { HttpGatewayOptions } from '../options.ts'
import { route, type Routing } from '../routing.ts'

/**
 * Credentials for whoever asks, so only in development mode and only under a loopback name: a page elsewhere that
 * points its own name at this machine sends that name as `Host`, and gets nothing.
 */
export function demoRoutes(routing: Routing, demo: HttpGatewayOptions['demo']): void {
  route(routing, 'getDemo', ({ request }) => {
    if (!demo || !isLoopbackName(request.headers.host ?? '')) {
      throw new KoineError('not_found', 'There is nothing under this path.')
    }
    return demo()
  })
}

/** @param host as in the header `Host`: a name, and perhaps a port */
export const isLoopbackName = (host: string): boolean =>
  /^(localhost|([a-z0-9-]+\.)+localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host)
