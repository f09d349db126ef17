import { alterConfigs, errorCodes } from '@koine/protocols-kafka'
import { type Alteration, alterSettings } from '../answers/alter-settings.ts'
import { refuse } from '../answers/config-resources.ts'
import { handler } from '../handler.ts'

interface Entry {
  readonly name: string
  readonly value: string | null
}

/** Replaces all settings of a resource: those that aren't named get their defaults back. */
export default handler(alterConfigs, { versions: [0, 2] }, async ({ resources, validateOnly }, call) => {
  const alterations = resources.map(({ configs, ...resource }) => ({ resource, change: changeOf(configs) }))
  return { responses: await alterSettings(alterations, validateOnly, call) }
})

function changeOf(entries: readonly Entry[]): Alteration['change'] {
  const names = entries.map(({ name }) => name)
  if (new Set(names).size < names.length) {
    return refuse(errorCodes.INVALID_REQUEST, 'Error due to duplicate config keys')
  }
  const nulls = entries.filter(({ value }) => value === null).map(({ name }) => name)
  if (nulls.length > 0) {
    return refuse(errorCodes.INVALID_REQUEST, `Null value not supported for : ${nulls.slice(0, 10).join(', ')}`)
  }
  return { replace: Object.fromEntries(entries.map(({ name, value }) => [name, value ?? ''])) }
}
