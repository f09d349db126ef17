import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { openApiDocument } from '@koine/contract'
import fastify, { type FastifyInstance } from 'fastify'
import { pagePolicy } from './content-security.ts'

const scriptPath = '/docs/scalar.js'

/** The document at `/openapi.json`, and a page that makes it readable at `/docs`. */
export function documentation(app: FastifyInstance): void {
  const document = lazy(() => JSON.stringify(openApiDocument()))
  app.get('/openapi.json', async (_, reply) => reply.type('application/json; charset=utf-8').send(document()))

  const reference = lazy(loadReference)
  app.get('/docs', async (_, reply) => {
    const { page, policy } = await reference()
    return reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(page)
  })
  app.get('/docs/', (_, reply) => reply.redirect('/docs', 308))
  app.get(scriptPath, async (request, reply) => {
    const { script, compressed, etag } = await reference()
    void reply.headers({ etag, 'cache-control': 'no-cache', vary: 'Accept-Encoding' })
    if (request.headers['if-none-match'] === etag) return reply.status(304).send()
    void reply.type('text/javascript; charset=utf-8')
    const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
    return takesGzip ? reply.header('content-encoding', 'gzip').send(compressed) : reply.send(script)
  })
}

/**
 * The reference plugin carries its whole script (4 MB) and costs a quarter of a second and tens of megabytes to load, so
 * it is loaded for the first reader. It runs in an instance of its own, as routes can't be added to one that listens.
 * Everything that it would fetch from elsewhere is turned off, and the page's policy forbids the rest.
 */
async function loadReference() {
  const { default: plugin } = await import('@scalar/fastify-api-reference')
  await using side = fastify()
  await side.register(plugin, {
    routePrefix: '/docs',
    configuration: {
      url: '/openapi.json',
      cdn: scriptPath,
      pageTitle: 'Koine API',
      withDefaultFonts: false,
      telemetry: false,
      hideClientButton: true,
      showDeveloperTools: 'never',
      agent: { disabled: true },
      mcp: { disabled: true },
    },
  })
  // An empty icon keeps the browser from asking for one that isn't there.
  const page = (await side.inject('/docs/')).payload.replace('<head>', '<head>\n    <link rel="icon" href="data:," />')
  const script = (await side.inject('/docs/js/scalar.js')).rawPayload
  return {
    page,
    policy: pagePolicy(page),
    script,
    compressed: await promisify(gzip)(script),
    etag: `"${createHash('sha256').update(script).digest('base64url')}"`,
  }
}

function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
