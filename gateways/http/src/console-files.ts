import { existsSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import staticFiles from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { pagePolicy } from './content-security.ts'

/** Answers a path that nothing else did, when it is one of the console's own routes; false when it isn't. */
export type PageFallback = (request: FastifyRequest, reply: FastifyReply) => boolean

/** The console at `/`, or a page that says how to build it. */
export async function consoleFiles(app: FastifyInstance, directory: string | undefined): Promise<PageFallback> {
  if (directory === undefined || !existsSync(join(directory, 'index.html'))) {
    app.get('/', async (_, reply) => sendPage(reply, notBuilt))
    return () => false
  }
  const index = readFileSync(join(directory, 'index.html'), 'utf8')
  const policy = pagePolicy(index)
  app.get('/', async (_, reply) => sendPage(reply, index, policy))
  await app.register(staticFiles, {
    root: directory,
    index: false,
    dotfiles: 'ignore',
    cacheControl: false,
    setHeaders: (reply, path) => void reply.header('cache-control', cachingOf(path)),
  })
  return (request, reply) => {
    if (!wantsPage(request)) return false
    void sendPage(reply, index, policy)
    return true
  }
}

function sendPage(reply: FastifyReply, html: string, policy = pagePolicy(html)): FastifyReply {
  void reply.headers({ 'content-security-policy': policy, 'cache-control': 'no-cache' })
  return reply.status(200).type('text/html; charset=utf-8').send(html)
}

/** A browser that opens a page; the API's own paths never are one. */
const wantsPage = ({ method, url, headers }: FastifyRequest): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  !url.startsWith('/v1/') &&
  !url.startsWith('/docs/') &&
  (headers.accept ?? '').includes('text/html')

/** A file with a hash in its name never changes under that name. */
const cachingOf = (path: string): string =>
  path.includes(`${sep}assets${sep}`) && /[-.][\w-]{8,}\.\w+$/.test(path)
    ? 'public, max-age=31536000, immutable'
    : 'no-cache'

const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>Koine</title>
<style>
  :root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif; }
  body { max-width: 38rem; margin: 15vh auto 0; padding: 0 1.5rem; }
  code { font-family: ui-monospace, monospace; }
</style>
<h1>Koine is running</h1>
<p>Its console has not been built. Build it with <code>npm run build</code> and start the server again.</p>
<p>The API works without it: <a href="/docs">read its reference</a> or fetch <a href="/openapi.json">the OpenAPI document</a>.</p>
</html>
`
