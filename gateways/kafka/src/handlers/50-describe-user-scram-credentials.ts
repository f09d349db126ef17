import { describeUserScramCredentials, errorCodes } from '@koine/protocols-kafka'
import { clusterName, type ScramUser } from '@koine/services-streams'
import { scramMechanisms } from '@koine/services-tenancy'
import { type Call, handler } from '../handler.ts'
import { codeOfMechanism } from '../answers/scram-codes.ts'

const namesMax = 1_000

export default handler(describeUserScramCredentials, { versions: [0, 0] }, async ({ users }, call) => {
  const { access, scope, streams } = call
  if (!access.may('describe', 'cluster', clusterName)) {
    const errorMessage = 'To see users takes DESCRIBE on the cluster.'
    return { errorCode: errorCodes.CLUSTER_AUTHORIZATION_FAILED, errorMessage, results: [] }
  }
  if (users === null || users.length === 0) {
    return { errorCode: errorCodes.NONE, results: (await streams.users.all(scope)).map(found) }
  }
  if (users.length > namesMax) {
    const errorMessage = `A request names at most ${namesMax} users; none of them stands for all.`
    return { errorCode: errorCodes.INVALID_REQUEST, errorMessage, results: [] }
  }
  const counts = Map.groupBy(users, ({ name }) => name)
  const results = []
  for (const [name, { length }] of counts) results.push(length > 1 ? repeated(name) : await describe(name, call))
  return { errorCode: errorCodes.NONE, results }
})

const refusal = (user: string, errorCode: number, errorMessage: string) => ({
  user,
  errorCode,
  errorMessage,
  credentialInfos: [],
})

const repeated = (name: string) =>
  refusal(name, errorCodes.DUPLICATE_RESOURCE, 'The request names this user more than once.')

async function describe(name: string, { scope, streams }: Call) {
  const user = await streams.users.find(scope, name)
  return user ? found(user) : refusal(name, errorCodes.RESOURCE_NOT_FOUND, 'There is no user of that name.')
}

const found = ({ name, credentials }: ScramUser) => ({
  user: name,
  errorCode: errorCodes.NONE,
  errorMessage: null,
  credentialInfos: scramMechanisms.flatMap((mechanism) => {
    const credential = credentials[mechanism]
    return credential ? [{ mechanism: codeOfMechanism(mechanism), iterations: credential.iterations }] : []
  }),
})
