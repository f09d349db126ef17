import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { KoineError, loadSettings, type LoadedSettings } from '@koine/base'
import { settingsSchema } from './settings.ts'

export type LoadedConfiguration = LoadedSettings<typeof settingsSchema>

const usualFile = 'koine.yaml'

/** What tests and tools use of the `KOINE_` names without being settings. */
const otherVariables = new Set(['KOINE_REQUIRE_ALL', 'KOINE_WRITE_DOCS', 'KOINE_KAFKA_MESSAGES', 'KOINE_TEST_RUNS'])

/**
 * Settles every setting from flags, environment, file and defaults; paths come out absolute.
 * @throws KoineError with one line for a bad setting or a file that can't be read
 */
export async function readConfiguration(
  flags: readonly string[],
  environment: { readonly [variable: string]: string | undefined },
): Promise<LoadedConfiguration> {
  const { config } = loadSettings(settingsSchema, { flags, environment }).settings
  const file = await readFileIfThere(config === '' ? usualFile : config, config !== '')
  const loaded = loadSettings(settingsSchema, { flags, environment, ...(file && { file }) })
  return {
    ...loaded,
    settings: { ...loaded.settings, dataDir: resolve(loaded.settings.dataDir) },
    unknownVariables: loaded.unknownVariables.filter((variable) => !otherVariables.has(variable)),
  }
}

async function readFileIfThere(name: string, asked: boolean): Promise<{ name: string; text: string } | undefined> {
  try {
    return { name, text: await readFile(name, 'utf8') }
  } catch (cause) {
    const { code } = cause as { code?: string }
    if (code === 'ENOENT' && !asked) return undefined
    throw new KoineError(
      'invalid_request',
      `${name}: the configuration file can't be read (${code ?? String(cause)})`,
      { cause },
    )
  }
}
