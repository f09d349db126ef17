import { effectiveSettingsJson, effectiveSettingsYaml } from '@koine/base'
import { readConfiguration } from './read-configuration.ts'

/** `config [--json] [flags]`: prints the effective settings, each with where it came from, secrets masked. */
export async function printConfiguration(
  words: readonly string[],
  environment: { readonly [variable: string]: string | undefined },
  out: (text: string) => void,
): Promise<number> {
  const { effective } = await readConfiguration(
    words.filter((word) => word !== '--json'),
    environment,
  )
  out(
    words.includes('--json')
      ? `${JSON.stringify(effectiveSettingsJson(effective), null, 2)}\n`
      : effectiveSettingsYaml(effective),
  )
  return 0
}
