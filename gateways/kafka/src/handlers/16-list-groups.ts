import { errorCodes, listGroups } from '@koine/protocols-kafka'
import { handler } from '../handler.ts'

const groupType = 'classic'

export default handler(listGroups, { versions: [0, 5] }, async ({ statesFilter, typesFilter }, { streams, scope }) => {
  const groups = await streams.groups.list(scope)
  return {
    errorCode: errorCodes.NONE,
    groups: groups
      .filter(({ state }) => passes(statesFilter, state) && passes(typesFilter, groupType))
      .map(({ groupId, protocolType, state }) => ({ groupId, protocolType, groupState: state, groupType })),
  }
})

/** An empty filter lets all through; case doesn't matter. */
const passes = (filter: readonly string[], value: string): boolean =>
  filter.length === 0 || filter.some((each) => each.toLowerCase() === value.toLowerCase())
