import { type ErrorCode, errorTable } from '@koine/base/errors'
import { type Static, Type } from 'typebox'

export const errorCodes = Object.keys(errorTable) as ErrorCode[]

/** RFC 9457. The same shape for every failure of every operation. */
export const Problem = Type.Object(
  {
    type: Type.String({ description: 'A URI reference that names the kind of problem; ends in the code.' }),
    title: Type.String({ description: 'The kind of problem in words; the same each time.' }),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    code: Type.Enum(errorCodes, { type: 'string', description: 'Stable: what a program decides by.' }),
    detail: Type.String({ description: 'What was wrong this time, and what to do.' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          field: Type.String({ description: 'Where: `body`, `query`, `path` or `headers`, then a JSON pointer.' }),
          message: Type.String(),
        }),
        { description: 'For `invalid_request`: each field that is wrong.' },
      ),
    ),
    retryAfterMs: Type.Optional(Type.Integer({ minimum: 0, description: 'When the same call is worth another try.' })),
    requestId: Type.Optional(Type.String({ description: 'What to look for in the log.' })),
  },
  {
    title: 'Problem',
    examples: [
      {
        type: '/docs#not_found',
        title: errorTable.not_found.title,
        status: 404,
        code: 'not_found',
        detail: 'There is no user user_01kb2x3yt4e5v8p9q0r1s2t3v6.',
      },
    ],
  },
)
export type Problem = Static<typeof Problem>
