import { errorCodes, incrementalAlterConfigs } from '@koine/protocols-kafka'
import type { SettingChange } from '@koine/services-streams'
import { type Alteration, alterSettings } from '../answers/alter-settings.ts'
import { refuse } from '../answers/config-resources.ts'
import { handler } from '../handler.ts'

const operations = ['set', 'delete', 'append', 'subtract'] as const

interface Entry {
  readonly name: string
  readonly configOperation: number
  readonly value: string | null
}

/** Changes settings one by one (KIP-339); those that aren't named stay. */
export default handler(incrementalAlterConfigs, { versions: [0, 1] }, async ({ resources, validateOnly }, call) => {
  const alterations = resources.map(({ configs, ...resource }) => ({ resource, change: changeOf(configs) }))
  return { responses: await alterSettings(alterations, validateOnly, call) }
})

function changeOf(entries: readonly Entry[]): Alteration['change'] {
  const names = entries.map(({ name }) => name)
  if (new Set(names).size < names.length) {
    return refuse(errorCodes.INVALID_REQUEST, 'Error due to duplicate config keys')
  }
  const alter: SettingChange[] = []
  for (const { name, configOperation, value } of entries) {
    const operation = operations[configOperation]
    if (!operation) return refuse(errorCodes.INVALID_REQUEST, `Unknown operation type ${configOperation}`)
    if (value === null && operation !== 'delete') {
      return refuse(errorCodes.INVALID_REQUEST, `Null value not supported for : ${name.slice(0, 100)}`)
    }
    alter.push({ name, operation, value: value ?? '' })
  }
  return { alter }
}
