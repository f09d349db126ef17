import { clusterName } from './access.ts'
import type { Acl } from './acl.ts'

const nameCharactersMax = 1_000
const principalCharactersMax = 500
const hostCharactersMax = 100
const principalPattern = /^[A-Za-z]+:./
// Control characters and halves of surrogate pairs: no name needs them, and no store takes the latter.
const unkeepable = /[\p{Cc}\p{Cs}]/u

/** What is wrong with an ACL, in words; undefined when nothing is. */
export function aclProblem({ resourceType, name, principal, host }: Acl): string | undefined {
  if (name === '') return 'The resource’s name is empty.'
  if (resourceType === 'cluster' && name !== clusterName) return `The only resource of type cluster is ${clusterName}.`
  if (!principalPattern.test(principal)) return 'A principal is a type and a name, such as User:alice.'
  if (host === '') return 'The host is empty; * stands for any.'
  if (
    name.length > nameCharactersMax ||
    principal.length > principalCharactersMax ||
    host.length > hostCharactersMax ||
    [name, principal, host].some((text) => unkeepable.test(text))
  ) {
    return 'A name, a principal or a host is too long or has characters that can’t be kept.'
  }
  return undefined
}
