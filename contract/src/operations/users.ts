import { Type } from 'typebox'
import { operation } from '../operation.ts'
import { Cursor, Limit, UserId } from '../schemas/fields.ts'
import { Me, NewUser, NewUserToken, User, UserPage, UserToken } from '../schemas/user.ts'

const params = Type.Object({ userId: UserId })

export const userOperations = {
  getMe: operation({
    tag: 'Users',
    auth: ['operator', 'api-key', 'user'],
    method: 'GET',
    path: '/v1/me',
    summary: 'Whom this credential stands for',
    responses: { 200: { description: 'The caller.', schema: Me } },
    errors: ['not_found'],
  }),
  createUser: operation({
    tag: 'Users',
    auth: ['api-key'],
    method: 'POST',
    path: '/v1/users',
    summary: 'Create a user',
    body: NewUser,
    idempotent: true,
    responses: { 201: { description: 'The user.', schema: User } },
    errors: [],
  }),
  listUsers: operation({
    tag: 'Users',
    auth: ['api-key', 'user'],
    method: 'GET',
    path: '/v1/users',
    summary: 'List the users',
    query: Type.Object({ limit: Type.Optional(Limit), cursor: Type.Optional(Cursor) }, { additionalProperties: false }),
    responses: { 200: { description: 'A page, the oldest first.', schema: UserPage } },
    errors: [],
  }),
  getUser: operation({
    tag: 'Users',
    auth: ['api-key', 'user'],
    method: 'GET',
    path: '/v1/users/{userId}',
    summary: 'Read a user',
    params,
    responses: { 200: { description: 'The user.', schema: User } },
    errors: ['not_found'],
  }),
  createUserToken: operation({
    tag: 'Users',
    auth: ['api-key'],
    method: 'POST',
    path: '/v1/users/{userId}/tokens',
    summary: 'Mint a token for a user',
    description: 'Short-lived: an hour unless told, a day at most. Give it to the user’s browser or app.',
    params,
    body: NewUserToken,
    bodyOptional: true,
    responses: { 201: { description: 'The token.', schema: UserToken } },
    errors: ['not_found'],
  }),
} as const
