import { errorCodes } from '@koine/protocols-kafka'
import { type SettingsChange, topicNameProblem } from '@koine/services-streams'
import {
  accessProblem,
  type ConfigRefusal,
  type ConfigResource,
  refuse,
  resourceTypes,
  unexpectedType,
} from './config-resources.ts'
import { codeOf, thrownCode } from './failure-codes.ts'
import type { Call } from '../handler.ts'
import { checkNamed } from './named-at-once.ts'

/** How one resource's settings are to change, or why its entries can't be read. */
export interface Alteration {
  readonly resource: ConfigResource
  readonly change: SettingsChange | ConfigRefusal
}

/** Answers each resource on its own; those named more than once are refused. */
export async function alterSettings(alterations: readonly Alteration[], validateOnly: boolean, call: Call) {
  checkNamed(alterations.length, { isDescribed: true })
  const groups = Map.groupBy(alterations, ({ resource }) => `${resource.resourceType} ${resource.resourceName}`)
  return Promise.all(
    [...groups.values()].map(async ([alteration, ...more]) => {
      const { resourceType, resourceName } = alteration!.resource
      const outcome =
        more.length > 0
          ? refuse(errorCodes.INVALID_REQUEST, 'Each resource must appear at most once.')
          : await alter(alteration!, validateOnly, call)
      return { errorCode: errorCodes.NONE, errorMessage: null, ...outcome, resourceType, resourceName }
    }),
  )
}

async function alter({ resource, change }: Alteration, validateOnly: boolean, call: Call) {
  const problem = accessProblem(call.access, 'alter-configs', resource)
  if (problem) return problem
  if ('errorCode' in change) return change
  try {
    if (resource.resourceType === resourceTypes.topic) return await alterTopic(resource, { change, validateOnly }, call)
    if (resource.resourceType === resourceTypes.group) return await alterGroup(resource, { change, validateOnly }, call)
  } catch (thrown) {
    return refuse(thrownCode(thrown), 'The settings could not be altered.')
  }
  return notTheirs(resource)
}

interface Wanted {
  readonly change: SettingsChange
  readonly validateOnly: boolean
}

async function alterTopic({ resourceName: name }: ConfigResource, { change, validateOnly }: Wanted, call: Call) {
  const nameProblem = topicNameProblem(name)
  if (nameProblem) return refuse(errorCodes.INVALID_TOPIC_EXCEPTION, `The topic's name is invalid: ${nameProblem}.`)
  const outcome = await call.streams.catalog.changeSettings(call.scope, { name, change }, { validateOnly })
  return outcome.ok ? undefined : refuse(codeOf(outcome.reason), outcome.message)
}

async function alterGroup({ resourceName: groupId }: ConfigResource, { change, validateOnly }: Wanted, call: Call) {
  if (groupId === '') return refuse(errorCodes.INVALID_REQUEST, 'Default group resources are not allowed.')
  const outcome = await call.streams.groupSettings.change(call.scope, { groupId, change }, { validateOnly })
  return outcome.ok ? undefined : refuse(codeOf(outcome.reason), outcome.message)
}

function notTheirs(resource: ConfigResource): ConfigRefusal {
  const { resourceType } = resource
  if (resourceType === resourceTypes.broker) {
    return refuse(errorCodes.POLICY_VIOLATION, "The broker's settings are the operator's: clients can only read them.")
  }
  if (resourceType === resourceTypes.brokerLogger) {
    return refuse(errorCodes.POLICY_VIOLATION, "The broker's loggers are the operator's.")
  }
  if (resourceType !== resourceTypes.clientMetrics) return unexpectedType(resource)
  return refuse(
    errorCodes.INVALID_REQUEST,
    "Clients' metrics are not collected here: there is nothing to subscribe to.",
  )
}
