import { deleteGroups, errorCodes } from '@koine/protocols-kafka'
import { codeOf, thrownCode } from '../answers/failure-codes.ts'
import { type Call, handler } from '../handler.ts'

export default handler(deleteGroups, { versions: [0, 2] }, async ({ groupsNames }, call) => ({
  results: await Promise.all(groupsNames.map(async (groupId) => ({ groupId, errorCode: await remove(groupId, call) }))),
}))

async function remove(groupId: string, { streams, scope, access }: Call): Promise<number> {
  if (!access.may('delete', 'group', groupId)) return errorCodes.GROUP_AUTHORIZATION_FAILED
  try {
    const outcome = await streams.groups.delete(scope, groupId)
    return outcome.ok ? errorCodes.NONE : codeOf(outcome.reason)
  } catch (thrown) {
    return thrownCode(thrown, 'coordinator')
  }
}
