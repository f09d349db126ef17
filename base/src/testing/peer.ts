import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const installed = (program: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false // Not in this folder.
    }
  })

/**
 * For a test's `skip`: false when the foreign programs are all installed, otherwise the reason. With
 * `KOINE_REQUIRE_ALL=1` a missing program throws, so that nothing is left out in silence.
 */
export function peer(...programs: string[]): string | false {
  const missing = programs.filter((program) => !installed(program))
  if (missing.length === 0) return false
  const reason = `needs ${missing.join(' and ')}, which is not installed`
  if (process.env.KOINE_REQUIRE_ALL === '1') throw new Error(`KOINE_REQUIRE_ALL: ${reason}`)
  return reason
}
