import { stringify } from 'yaml'
import type { EffectiveSetting } from './load.ts'
import { namedSettings, type SettingsSchema } from './schema.ts'

const masked = '********'

const shown = ({ secret, value }: EffectiveSetting): unknown => (secret && value !== '' ? masked : value)

/** The effective settings as a configuration file, each with its source; secrets are masked. */
export function effectiveSettingsYaml(effective: readonly EffectiveSetting[]): string {
  const rows = effective.map((setting) => ({ setting, text: stringify({ [setting.name]: shown(setting) }).trimEnd() }))
  const width = Math.max(...rows.map(({ text }) => text.length))
  return rows.map(({ setting, text }) => `${text.padEnd(width)}  # ${setting.source}\n`).join('')
}

/** The effective settings by name, for programs; secrets are masked. */
export const effectiveSettingsJson = (effective: readonly EffectiveSetting[]): Record<string, unknown> =>
  Object.fromEntries(effective.map((setting) => [setting.name, { value: shown(setting), source: setting.source }]))

/** The documentation's table, in Markdown. */
export function settingsTable(schema: SettingsSchema): string {
  const head = '| setting | variable | flag | default | what it does |\n| --- | --- | --- | --- | --- |\n'
  const code = (text: string): string => `\`${text}\``
  return (
    head +
    namedSettings(schema)
      .map(({ name, variable, flag, fallback, about }) => {
        const value = Array.isArray(fallback) ? fallback.join(',') : String(fallback)
        return `| ${code(name)} | ${code(variable)} | ${code(flag)} | ${value && code(value)} | ${about} |\n`
      })
      .join('')
  )
}
