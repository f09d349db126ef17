import { createPartitions, errorCodes } from '@koine/protocols-kafka'
import { assignmentProblem } from '../answers/assignments.ts'
import { codeOf, thrownCode } from '../answers/failure-codes.ts'
import { type Call, handler } from '../handler.ts'
import { throttledMutation, withinMutations } from '../answers/mutations.ts'
import { checkNamed } from '../answers/named-at-once.ts'

/** From here on clients know that they may be told to try again later. */
const strictSince = 3

interface Wanted {
  readonly name: string
  readonly count: number
  /** Of the partitions that are added. */
  readonly assignments: readonly { readonly brokerIds: readonly number[] }[] | null
}

export default handler(createPartitions, { versions: [0, 3] }, async ({ topics, validateOnly }, call) => {
  checkNamed(topics.length)
  const results = []
  for (const [wanted, ...more] of Map.groupBy(topics, ({ name }) => name).values()) {
    const isRepeated = more.length > 0
    results.push(
      isRepeated
        ? answer(wanted!, errorCodes.INVALID_REQUEST, 'Duplicate topic name.')
        : await add(wanted!, validateOnly, call),
    )
  }
  return { results }
})

const answer = ({ name }: Wanted, errorCode: number, errorMessage: string | null = null) => ({
  name,
  errorCode,
  errorMessage,
})

async function add(wanted: Wanted, validateOnly: boolean, call: Call) {
  const { name, count: partitions } = wanted
  const { streams, scope, access } = call
  if (!access.may('alter', 'topic', name)) return answer(wanted, errorCodes.TOPIC_AUTHORIZATION_FAILED)
  try {
    const possible = await streams.catalog.addPartitions(scope, { name, partitions }, { validateOnly: true })
    if (!possible.ok) return answer(wanted, codeOf(possible.reason), possible.message)
    const problem = await placementProblem(wanted, call)
    if (problem !== undefined) return answer(wanted, errorCodes.INVALID_REPLICA_ASSIGNMENT, problem)
    const more = partitions - ((await streams.topic(scope, name))?.partitions ?? 0)
    const added = await withinMutations(call, { partitions: validateOnly ? 0 : Math.max(0, more), strictSince }, () =>
      validateOnly ? Promise.resolve(possible) : streams.catalog.addPartitions(scope, { name, partitions }),
    )
    if (!added) return answer(wanted, throttledMutation.errorCode, throttledMutation.errorMessage)
    return added.ok ? answer(wanted, errorCodes.NONE) : answer(wanted, codeOf(added.reason), added.message)
  } catch (thrown) {
    return answer(wanted, thrownCode(thrown), 'The partitions could not be made.')
  }
}

async function placementProblem({ name, count, assignments }: Wanted, call: Call): Promise<string | undefined> {
  if (assignments === null) return undefined
  const more = count - ((await call.streams.topic(call.scope, name))?.partitions ?? 0)
  if (assignments.length !== more) {
    return `Attempted to add ${more} additional partition(s), but only ${assignments.length} assignment(s) were specified.`
  }
  return assignments
    .map(({ brokerIds }) => assignmentProblem(brokerIds, call.broker))
    .find((each) => each !== undefined)
}
