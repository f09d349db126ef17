import { createHash } from 'node:crypto'

/** For answers that no page is made of. */
export const apiPolicy = "default-src 'none'; frame-ancestors 'none'"

/**
 * For a page of ours: everything from this server, and no script but its files and the inline ones that `html` came
 * with, each by its hash. Inline styles are allowed: component libraries set them at run time, and they run nothing.
 */
export function pagePolicy(html: string): string {
  return [
    "default-src 'self'",
    ["script-src 'self'", ...inlineScripts(html).map((script) => `'sha256-${sha256(script)}'`)].join(' '),
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function inlineScripts(html: string): string[] {
  return [...html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/gi)]
    .filter(([, attributes]) => !/\ssrc\s*=/i.test(attributes!))
    .map(([, , script]) => script!)
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64')
