import type { Clock, Logger, Randomness, SettingsOf } from '@koine/base'
import type { settingsSchema } from './settings.ts'

/** What the program is made with. */
export interface Parts {
  readonly settings: SettingsOf<typeof settingsSchema>
  readonly clock: Clock
  readonly randomness: Randomness
  readonly logger: Logger
  /** The built console; undefined where it isn't built. */
  readonly consoleDirectory: string | undefined
}

export interface Addresses {
  /** `http://host:port` */
  readonly http: string
  /** `host:port`, an IPv6 address in brackets */
  readonly kafka: string
}
