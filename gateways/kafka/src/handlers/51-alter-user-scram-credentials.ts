import { apiKeyIds } from '@koine/base'
import { alterUserScramCredentials, errorCodes } from '@koine/protocols-kafka'
import { clusterName } from '@koine/services-streams'
import {
  type ScramCredential,
  scramCredentialOfSalted,
  scramHash,
  scramIterationsMin,
  type ScramMechanism,
} from '@koine/services-tenancy'
import { codeOf, thrownCode } from '../answers/failure-codes.ts'
import { type Call, handler } from '../handler.ts'
import { mechanismOf } from '../answers/scram-codes.ts'

/** As much work as Kafka lets a password ask of a client. */
const iterationsMax = 16_384
const saltBytesMax = 256
const usersMax = 1_000

interface Upsertion {
  readonly name: string
  readonly mechanism: number
  readonly iterations: number
  readonly salt: Uint8Array
  readonly saltedPassword: Uint8Array
}
interface Deletion {
  readonly name: string
  readonly mechanism: number
}
type Alteration = Deletion & { readonly upsertion?: Upsertion }

interface Refusal {
  readonly errorCode: number
  readonly errorMessage: string
}

export default handler(alterUserScramCredentials, { versions: [0, 0] }, async ({ deletions, upsertions }, call) => {
  const alterations: Alteration[] = [
    ...deletions,
    ...upsertions.map((upsertion) => ({ name: upsertion.name, mechanism: upsertion.mechanism, upsertion })),
  ]
  const users = [...Map.groupBy(alterations, ({ name }) => name)]
  const refusedAll = refusalOfAll(users.length, call)
  const results = []
  // One after another: each counts against the tenant's limit.
  for (const [user, ofUser] of users) results.push({ user, ...(refusedAll ?? (await alter(user, ofUser, call))) })
  return { results }
})

function refusalOfAll(users: number, { access }: Call): Refusal | undefined {
  if (!access.may('alter', 'cluster', clusterName)) {
    return refusal(errorCodes.CLUSTER_AUTHORIZATION_FAILED, 'To change users takes ALTER on the cluster.')
  }
  return users > usersMax
    ? refusal(errorCodes.INVALID_REQUEST, `A request changes at most ${usersMax} users.`)
    : undefined
}

const refusal = (errorCode: number, errorMessage: string): Refusal => ({ errorCode, errorMessage })

/** All that is asked of one user, or nothing. */
async function alter(name: string, alterations: readonly Alteration[], { streams, scope }: Call) {
  if (name === '') return refusal(errorCodes.UNACCEPTABLE_CREDENTIAL, 'A user has a name.')
  if (apiKeyIds.parse(name)) {
    return refusal(errorCodes.UNACCEPTABLE_CREDENTIAL, 'Names like those of API keys are for API keys.')
  }
  const credentials = new Map<ScramMechanism, ScramCredential | undefined>()
  for (const { mechanism: code, upsertion } of alterations) {
    const mechanism = mechanismOf(code)
    if (!mechanism) return refusal(errorCodes.UNSUPPORTED_SASL_MECHANISM, 'The mechanism is not known.')
    if (credentials.has(mechanism)) {
      return refusal(errorCodes.DUPLICATE_RESOURCE, 'The request changes this credential more than once.')
    }
    const problem = upsertion && problemWith(mechanism, upsertion)
    if (problem) return refusal(errorCodes.UNACCEPTABLE_CREDENTIAL, problem)
    credentials.set(mechanism, upsertion && scramCredentialOfSalted(mechanism, upsertion))
  }
  try {
    const failure = await streams.users.change(scope, { name, credentials })
    return failure ? refusal(codeOf(failure), messages[failure]) : { errorCode: errorCodes.NONE, errorMessage: null }
  } catch (thrown) {
    return refusal(thrownCode(thrown, 'coordinator'), 'The credential could not be kept.')
  }
}

const messages = {
  'no-such-credential': 'There is no such credential to delete.',
  'invalid-user-name': 'The name is too long, or is one that no user can have.',
  'too-many-users': 'The tenant has as many users as it may.',
} as const

function problemWith(mechanism: ScramMechanism, { iterations, salt, saltedPassword }: Upsertion): string | undefined {
  if (iterations < scramIterationsMin) return `Too few iterations: at least ${scramIterationsMin}.`
  if (iterations > iterationsMax) return `Too many iterations: at most ${iterationsMax}.`
  if (salt.length === 0 || salt.length > saltBytesMax) return `A salt has 1 to ${saltBytesMax} bytes.`
  const { bytes } = scramHash(mechanism)
  return saltedPassword.length === bytes ? undefined : `A salted password of ${mechanism} has ${bytes} bytes.`
}
