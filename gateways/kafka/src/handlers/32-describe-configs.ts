import { describeConfigs, errorCodes } from '@koine/protocols-kafka'
import { brokerSettings, topicNameProblem } from '@koine/services-streams'
import {
  brokerConfigEntry,
  type ConfigEntry,
  configEntry,
  configSources,
  type Wants,
} from '../answers/config-entries.ts'
import {
  accessProblem,
  type ConfigRefusal,
  type ConfigResource,
  refuse,
  resourceTypes,
} from '../answers/config-resources.ts'
import { thrownCode } from '../answers/failure-codes.ts'
import { type Call, handler } from '../handler.ts'
import { checkNamed } from '../answers/named-at-once.ts'

interface Asked extends ConfigResource {
  /** Null: all. */
  readonly configurationKeys: readonly string[] | null
}

type Described = readonly ConfigEntry[] | ConfigRefusal

export default handler(describeConfigs, { versions: [1, 4] }, async (request, call) => {
  checkNamed(request.resources.length, { isDescribed: true })
  return { results: await Promise.all(request.resources.map((resource) => answer(resource, request, call))) }
})

async function answer(asked: Asked, wants: Wants, call: Call) {
  const { resourceType, resourceName, configurationKeys } = asked
  const described = await describe(asked, wants, call).catch((thrown: unknown) =>
    refuse(thrownCode(thrown), 'The settings could not be read.'),
  )
  if ('errorCode' in described) return { ...described, resourceType, resourceName, configs: [] }
  const configs = described.filter(({ name }) => configurationKeys === null || configurationKeys.includes(name))
  return { errorCode: errorCodes.NONE, resourceType, resourceName, configs }
}

async function describe(asked: Asked, wants: Wants, call: Call): Promise<Described> {
  const problem = accessProblem(call.access, 'describe-configs', asked)
  if (problem) return problem
  const { resourceType: type, resourceName: name } = asked
  if (type === resourceTypes.topic) return describeTopic(name, wants, call)
  if (type === resourceTypes.group) return describeGroup(name, wants, call)
  if (type === resourceTypes.broker) return describeBroker(name, wants, call)
  if (type === resourceTypes.clientMetrics) return describeClientMetrics(name)
  return refuse(errorCodes.INVALID_REQUEST, "The broker's loggers are the operator's: they are not told to clients.")
}

async function describeTopic(name: string, wants: Wants, { streams, scope }: Call): Promise<Described> {
  const nameProblem = topicNameProblem(name)
  if (nameProblem) return refuse(errorCodes.INVALID_TOPIC_EXCEPTION, `The topic's name is invalid: ${nameProblem}.`)
  const settings = await streams.topicSettings(scope, name)
  if (!settings) return refuse(errorCodes.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${name}' does not exist.`)
  return settings.map((setting) => configEntry(setting, configSources.topic, wants))
}

async function describeGroup(name: string, wants: Wants, { streams, scope }: Call): Promise<Described> {
  if (name === '') return refuse(errorCodes.INVALID_REQUEST, 'Group name must not be empty')
  const settings = await streams.groupSettings.told(scope, name)
  return settings.map((setting) => configEntry(setting, configSources.group, wants))
}

function describeBroker(name: string, wants: Wants, { streams, broker, autoCreateTopics }: Call): Described {
  // Nobody has changed the cluster's defaults: they are the operator's, and each broker's.
  if (name === '') return []
  if (!/^-?\d+$/.test(name))
    return refuse(errorCodes.INVALID_REQUEST, `Broker id must be an integer, but it is: ${name}`)
  if (Number(name) !== broker.nodeId) {
    const message = `Unexpected broker id, expected ${broker.nodeId} or empty string, but received ${name}`
    return refuse(errorCodes.INVALID_REQUEST, message)
  }
  const own = [
    { name: 'advertised.listeners', value: `CLIENT://${broker.host}:${broker.port}`, type: 'list', isSet: true },
    { name: 'auto.create.topics.enable', value: `${autoCreateTopics}`, type: 'boolean', isSet: true },
    { name: 'broker.id', value: `${broker.nodeId}`, type: 'int', isSet: true },
    { name: 'node.id', value: `${broker.nodeId}`, type: 'int', isSet: true },
  ] as const
  return [...own, ...brokerSettings(streams.limits)].map((setting) => brokerConfigEntry(setting, wants))
}

/** Clients' metrics are not collected, so that no subscription has any setting. */
const describeClientMetrics = (name: string): Described =>
  name === '' ? refuse(errorCodes.INVALID_REQUEST, 'Client metrics subscription name must not be empty') : []
