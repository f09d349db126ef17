import type { UserId } from '@koine/base'
import type { HttpGatewayOptions } from '../options.ts'
import { route, type Routing, withNewId } from '../routing.ts'
import { pageRequest } from './pages.ts'

export function conversationRoutes(routing: Routing, messaging: HttpGatewayOptions['messaging']): void {
  route(routing, 'createConversation', (call) =>
    messaging.createConversation(call.scope, {
      kind: call.body.kind,
      members: call.body.members as UserId[],
      ...(call.userId !== undefined && { creator: call.userId }),
      ...withNewId(call),
    }),
  )
  route(routing, 'getConversation', ({ scope, userId, params }) =>
    messaging.conversation(scope, userId, params.conversationId),
  )
  route(routing, 'sendMessage', ({ scope, userId, params, body }) =>
    messaging.send(scope, { ...body, conversationId: params.conversationId, senderId: userId }),
  )
  route(routing, 'listMessages', async ({ scope, userId, params, query }) => {
    const { limit = 50, ...range } = query
    const { messages, hasMore } = await messaging.history(scope, userId, params.conversationId, { ...range, limit })
    return { data: messages, hasMore }
  })
  route(routing, 'markRead', ({ scope, userId, params, body }) =>
    messaging.markRead(scope, userId, params.conversationId, body.seq),
  )
  route(routing, 'getInbox', async ({ scope, userId, query }) => {
    const { entries, cursor } = await messaging.inbox(scope, userId, pageRequest(query))
    return { data: entries, ...(cursor !== undefined && { nextCursor: cursor }) }
  })
}
