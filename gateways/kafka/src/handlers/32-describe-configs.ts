import { describeConfigs, errorCodes } from '@koine/protocols-kafka'
import type { TopicSetting } from '@koine/services-streams'
import { type Call, handler } from '../handler.ts'

const topicResource = 2
const brokerResource = 4
const setOnTopic = 1
const byDefault = 5
const configTypes = { boolean: 1, int: 3, long: 5, double: 6, list: 7 } as const

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
  readonly configurationKeys: readonly string[] | null
}

/** Topics have settings; the broker has none that a tenant could see. */
export default handler(describeConfigs, { versions: [1, 4] }, async ({ resources, includeSynonyms }, call) => ({
  results: await Promise.all(resources.map((resource) => describe(resource, includeSynonyms, call))),
}))

async function describe(
  { resourceType, resourceName, configurationKeys }: Resource,
  withSynonyms: boolean,
  call: Call,
) {
  const answer = (errorCode: number, configs: ReturnType<typeof config>[] = []) => ({
    resourceType,
    resourceName,
    errorCode,
    configs,
  })
  if (resourceType === brokerResource) return answer(errorCodes.NONE)
  if (resourceType !== topicResource) return answer(errorCodes.INVALID_REQUEST)
  const settings = await call.streams.topicSettings(call.scope, resourceName)
  if (!settings) return answer(errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  const wanted = settings.filter(({ name }) => configurationKeys === null || configurationKeys.includes(name))
  return answer(
    errorCodes.NONE,
    wanted.map((setting) => config(setting, withSynonyms)),
  )
}

function config({ name, value, isSet, type }: TopicSetting, withSynonyms: boolean) {
  const source = isSet ? setOnTopic : byDefault
  return {
    name,
    value,
    readOnly: false,
    configSource: source,
    isSensitive: false,
    synonyms: withSynonyms ? [{ name, value, source }] : [],
    configType: configTypes[type],
  }
}
