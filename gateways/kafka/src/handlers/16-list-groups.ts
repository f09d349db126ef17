import { errorCodes, listGroups } from '@koine/protocols-kafka'
import { clusterName } from '@koine/services-streams'
import { thrownCode } from '../answers/failure-codes.ts'
import { handler } from '../handler.ts'

/** All groups for whoever may describe the cluster; of others, those that they may describe. */
export default handler(listGroups, { versions: [0, 5] }, async ({ statesFilter, typesFilter }, call) => {
  const { streams, scope, access } = call
  const mayDescribeAll = access.may('describe', 'cluster', clusterName)
  try {
    const groups = (await streams.groups.list(scope))
      .filter(({ groupId }) => mayDescribeAll || access.may('describe', 'group', groupId))
      .filter(({ state, type }) => passes(statesFilter, state) && passes(typesFilter, type))
      .map(({ groupId, protocolType, state, type }) => ({
        groupId,
        protocolType,
        groupState: state,
        groupType: type,
      }))
    return { errorCode: errorCodes.NONE, groups }
  } catch (thrown) {
    return { errorCode: thrownCode(thrown, 'coordinator'), groups: [] }
  }
})

/** An empty filter lets all through; case doesn't matter. */
const passes = (filter: readonly string[], value: string): boolean =>
  filter.length === 0 || filter.some((each) => each.toLowerCase() === value.toLowerCase())
