import { logLimits } from '@koine/stores-ports'

const allowed = /^[a-zA-Z0-9._-]+$/
const platformPrefix = 'koine.'

/** What is wrong with a topic's name by Kafka's rules, in words; undefined when nothing is. */
export function topicNameProblem(name: string): string | undefined {
  if (name === '') return 'a topic name is not empty'
  if (name === '.' || name === '..') return 'a topic name is neither "." nor ".."'
  if (name.length > logLimits.topicNameCharacters) {
    return `a topic name has at most ${logLimits.topicNameCharacters} characters`
  }
  return allowed.test(name) ? undefined : 'a topic name is made of ASCII letters, digits, ".", "_" and "-"'
}

/** What names must differ in, beyond themselves: Kafka takes dots and underscores for the same. */
export const collisionName = (name: string): string => name.replaceAll('.', '_')

/** Topics that the platform writes. Clients read them and never write, make or delete them. */
export const isPlatformTopic = (name: string): boolean => name.startsWith(platformPrefix)
