import type { ConversationId, UserId } from '@koine/base'
import { tableLimits, type TenantScope } from '@koine/stores-ports'
import { type ConversationHead, decodeHead, headKey, membershipConversation } from './records.ts'

export interface MembershipHead extends ConversationHead {
  readonly id: ConversationId
}

/**
 * The heads of all conversations of a user, page by page in the order of their making. Two reads for 100 conversations;
 * strongly consistent, so nothing committed before the call is left out.
 */
export async function* headsOfUser(scope: TenantScope, user: UserId): AsyncGenerator<readonly MembershipHead[]> {
  let cursor: string | undefined
  do {
    const page = await scope.tables.query({
      table: 'memberships',
      pk: user,
      limit: tableLimits.getManyKeys,
      ...(cursor !== undefined && { cursor }),
    })
    const ids = page.records.map(membershipConversation)
    const heads = ids.length > 0 ? await scope.tables.getMany(ids.map(headKey)) : []
    // A membership without a head belongs to a large group that is being made, or whose making failed.
    yield ids.flatMap((id, index) => (heads[index] ? [{ id, ...decodeHead(heads[index]) }] : []))
    cursor = page.cursor
  } while (cursor !== undefined)
}
