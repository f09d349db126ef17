import { pbkdf2Sync } from 'node:crypto'
import { alterUserScramCredentials } from '@koine/protocols-kafka'
import { scramHash, type ScramMechanism } from '@koine/services-tenancy'
import { codeOfMechanism } from '../answers/scram-codes.ts'
import type { WireClient } from './wire-client.ts'

/** Makes a user as Kafka's tools do: the password is salted here. @returns the error code */
export async function makeUser(
  client: WireClient,
  { name, password, mechanism = 'SCRAM-SHA-256' }: { name: string; password: string; mechanism?: ScramMechanism },
): Promise<number> {
  const { name: hash, bytes } = scramHash(mechanism)
  const [salt, iterations] = [Buffer.from('some salt'), 8192]
  const saltedPassword = pbkdf2Sync(password, salt, iterations, bytes, hash)
  const upsertion = { name, mechanism: codeOfMechanism(mechanism), iterations, salt, saltedPassword }
  const { results } = await client.call(alterUserScramCredentials, 0, { deletions: [], upsertions: [upsertion] })
  return results[0]!.errorCode
}
