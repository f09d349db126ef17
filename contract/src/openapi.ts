import { type ErrorCode, errorTable } from '@koine/base/errors'
import type { TObject, TSchema } from 'typebox'
import { Type } from 'typebox'
import type { AuthKind, Operation } from './operation.ts'
import { errorsOf, operationEntries } from './operations.ts'
import { errorCodes, Problem } from './schemas/problem.ts'
import { UserId } from './schemas/fields.ts'

export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: { readonly [path: string]: { readonly [method: string]: OpenApiOperation } }
  readonly components: {
    readonly schemas: { readonly [name: string]: unknown }
    readonly securitySchemes: { readonly [name: string]: unknown }
  }
}

export interface OpenApiOperation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly security: readonly { readonly [scheme: string]: readonly [] }[]
  readonly parameters?: readonly unknown[]
  readonly requestBody?: unknown
  readonly responses: { readonly [status: string]: unknown }
}

export const apiVersion = '0.1.0'

const schemeOf: Record<AuthKind, string> = { operator: 'adminToken', 'api-key': 'apiKey', user: 'userToken' }

const idempotencyHeader = Type.String({
  minLength: 1,
  maxLength: 255,
  description:
    'Any text, such as a UUID. The same call sent again with it within 24 hours has its effect once and answers the ' +
    'same; another call with it is refused.',
})
const koineUserHeader = {
  ...UserId,
  description: 'With an API key: the user for whom the call is made.',
}

/** The API as an OpenAPI 3.1 document, from the same table that routes and validates. */
export function openApiDocument(): OpenApiDocument {
  const schemas = new NamedSchemas()
  const paths: Record<string, Record<string, OpenApiOperation>> = {}
  for (const [id, operation] of operationEntries) {
    const path = (paths[operation.path] ??= {})
    path[operation.method.toLowerCase()] = describe(id, operation, schemas)
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Koine', version: apiVersion, description: introduction() },
    servers: [{ url: '/' }],
    tags,
    paths,
    components: { schemas: schemas.all(), securitySchemes },
  }
}

function describe(id: string, operation: Operation, schemas: NamedSchemas): OpenApiOperation {
  const parameters = parametersOf(operation)
  return {
    operationId: id,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    security: operation.auth.map((kind) => ({ [schemeOf[kind]]: [] })),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(operation.body && {
      requestBody: {
        required: !operation.bodyOptional,
        content: { 'application/json': { schema: schemas.refer(operation.body) } },
      },
    }),
    responses: { ...successes(operation, schemas), ...failures(operation, schemas) },
  }
}

function parametersOf({ params, query, headers, idempotent, auth }: Operation): unknown[] {
  const of = (place: string, group: TObject | undefined): unknown[] =>
    Object.entries(group?.properties ?? {}).map(([name, schema]) => ({
      name,
      in: place,
      required: place === 'path' || (group?.required ?? []).includes(name as never),
      schema,
    }))
  return [
    ...of('path', params),
    ...of('query', query),
    ...of('header', headers),
    ...(auth.includes('user') ? [{ name: 'Koine-User', in: 'header', required: false, schema: koineUserHeader }] : []),
    ...(idempotent ? [{ name: 'Idempotency-Key', in: 'header', required: false, schema: idempotencyHeader }] : []),
  ]
}

function successes(operation: Operation, schemas: NamedSchemas): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(operation.responses).map(([status, { description, schema, contentType }]) => [
      status,
      {
        description,
        ...(schema && { content: { [contentType ?? 'application/json']: { schema: schemas.refer(schema) } } }),
      },
    ]),
  )
}

/** One response for each status, which lists the codes that come with it. A status with an answer of its own keeps that. */
function failures(operation: Operation, schemas: NamedSchemas): Record<string, unknown> {
  const byStatus = Map.groupBy(errorsOf(operation), (code) => errorTable[code].http)
  const described = [...byStatus].filter(([status]) => !(status in operation.responses))
  return Object.fromEntries(
    described.map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\`: ${errorTable[code].title}.`).join(' '),
        ...(codes.some((code) => errorTable[code].retryable) && { headers: retryAfterHeader }),
        content: { 'application/problem+json': { schema: schemas.refer(Problem) } },
      },
    ]),
  )
}

const retryAfterHeader = {
  'Retry-After': { description: 'Seconds until the same call is worth another try.', schema: { type: 'integer' } },
}

/** Collects schemas that have a title, each once, and refers to them by it. */
class NamedSchemas {
  readonly #named = new Map<string, unknown>()

  refer(schema: TSchema): unknown {
    return this.#replace(schema)
  }

  all(): Record<string, unknown> {
    return Object.fromEntries([...this.#named].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  #replace(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#replace(item))
    if (typeof value !== 'object' || value === null) return value
    const { title } = value as { title?: unknown }
    if (typeof title !== 'string') return this.#replaceInside(value)
    if (!this.#named.has(title)) this.#named.set(title, this.#replaceInside(value))
    return { $ref: `#/components/schemas/${title}` }
  }

  #replaceInside(value: object): unknown {
    // Examples are data, not schemas: a title in one is just a title.
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, name === 'examples' ? inner : this.#replace(inner)]),
    )
  }
}

const tags = [
  {
    name: 'Conversations',
    description: 'What users say to each other. Live delivery is on the WebSocket `/v1/realtime`.',
  },
  { name: 'Users', description: 'People inside a tenant.' },
  { name: 'Events', description: "The tenant's event stream; the same topics are open to any Kafka client." },
  { name: 'Topics', description: "The topics of the tenant's virtual Kafka cluster, and what stands in them." },
  { name: 'Consumer groups', description: 'Who reads the topics, and how far they are.' },
  { name: 'Tenants', description: "The operator's customers. With the admin token." },
  { name: 'API keys', description: 'What a tenant’s servers sign in with. With the admin token.' },
  { name: 'Quotas', description: 'What a tenant may use of the platform. With the admin token.' },
  { name: 'Server', description: 'For whoever runs it.' },
]

const securitySchemes = {
  adminToken: { type: 'http', scheme: 'bearer', description: "The operator's token." },
  apiKey: { type: 'http', scheme: 'bearer', description: 'An API key as `<id>.<secret>`.' },
  userToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A token minted for one user; or an API key together with the header `Koine-User`.',
  },
}

const introduction = (): string => `Chat and its event stream, for each of many tenants.

A name from another tenant doesn't exist: its ids answer 404, everywhere.

Lists are pages \`{ data, nextCursor }\`; pass \`nextCursor\` as \`cursor\` to go on. Creating calls take \`Idempotency-Key\`.

## Errors

Every failure is a problem (RFC 9457) in \`application/problem+json\`. Decide by its \`code\`; \`Retry-After\` comes with
those that are worth another try.

${errorCodes.map(errorLine).join('\n')}
`

const errorLine = (code: ErrorCode): string => {
  const { http, retryable, title } = errorTable[code]
  return `- \`${code}\` (${http}${retryable ? ', worth another try' : ''}): ${title}.`
}
