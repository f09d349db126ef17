import { KoineError } from '@koine/base'

/** A file of the log holds something else than what was acknowledged. It is left as it is, for a person to look at. */
export class CorruptSegment extends KoineError {
  readonly path: string
  /** Where in the file, in bytes. */
  readonly position: number

  constructor(path: string, position: number, what: string) {
    super('internal', `${path} is corrupt at byte ${position}: ${what}. Restore it from a backup.`)
    this.path = path
    this.position = position
  }
}
