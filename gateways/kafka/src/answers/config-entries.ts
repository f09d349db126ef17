import type { BrokerSetting, Setting, SettingType } from '@koine/services-streams'

/** What a description of settings asks for besides them. */
export interface Wants {
  readonly includeSynonyms: boolean
  readonly includeDocumentation: boolean
}

/** Where a value comes from, as descriptions number it. */
export const configSources = { topic: 1, broker: 4, byDefault: 5, clientMetrics: 7, group: 8 } as const

const configTypes: { readonly [type in SettingType]: number } = {
  boolean: 1,
  string: 2,
  int: 3,
  long: 5,
  double: 6,
  list: 7,
}

/** A setting of a topic or a group. Its synonyms are itself where it is set, and the broker's that it falls back to. */
export function configEntry(setting: Setting, setBy: number, { includeSynonyms, includeDocumentation }: Wants) {
  const { name, value, isSet, type, documentation, broker, byDefault, brokerDefault } = setting
  const itself = isSet ? [{ name, value, source: setBy }] : []
  const brokers = broker ? [{ name: broker, value: brokerDefault ?? byDefault, source: configSources.byDefault }] : []
  return {
    name,
    value,
    readOnly: false,
    configSource: isSet ? setBy : configSources.byDefault,
    isSensitive: false,
    synonyms: includeSynonyms ? [...itself, ...brokers] : [],
    configType: configTypes[type],
    documentation: includeDocumentation ? documentation : null,
  }
}

export type ConfigEntry = ReturnType<typeof configEntry>

/** A setting of the broker: the operator's, for clients to read. */
export function brokerConfigEntry(
  { name, value, type, isSet }: BrokerSetting,
  { includeSynonyms }: Wants,
): ConfigEntry {
  const source = isSet ? configSources.broker : configSources.byDefault
  return {
    name,
    value: value,
    readOnly: true,
    configSource: source,
    isSensitive: false,
    synonyms: includeSynonyms ? [{ name, value: value, source }] : [],
    configType: configTypes[type],
    documentation: null,
  }
}
