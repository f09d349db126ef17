import { KoineError } from '@koine/base'

/** The blob store doesn't return an object of the log as it was when its segment left the local disk. */
export class BrokenObject extends KoineError {
  constructor(key: string, what: string, cause?: unknown) {
    const message = `The blob ${key}, a part of the log, ${what}. Restore it from a backup of the blob store.`
    super('unavailable', message, cause === undefined ? {} : { cause })
  }
}
