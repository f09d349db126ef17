import { invariant, KoineError } from '@koine/base'
import type { Attributes, TableRecord } from '@koine/stores-ports'

/**
 * The layout of notify's records. Every record carries its format in `v`; a reader refuses a format that it doesn't know.
 * Secrets (`s`, `o`) are sealed. What is beside the point of a failure or a delivery expires.
 *
 * | table              | pk                  | sk                 | attributes                                        |
 * |--------------------|---------------------|--------------------|---------------------------------------------------|
 * | push-devices       | user                |                    | d list of devices: i id, p provider, a address, r registered at |
 * | push-addresses     | hash of the address |                    | u user who has it                                 |
 * | push-credentials   | all                 | provider           | p public part, s secret, a changed at             |
 * | push-problems      | all                 | provider           | f fingerprint of the credentials, r reason, a since |
 * | push-positions     | user                | conversation       | n seq up to which a push was sent                 |
 * | webhook-endpoints  | all                 | endpoint           | u url, t types, e enabled, d description, s secret, o secret before, q until when it signs too, a made at |
 * | webhook-count      | all                 |                    | n endpoints                                       |
 * | webhook-health     | endpoint            |                    | w waiting, f failing since, k last success, l last failure, x disabled at, y why |
 * | webhook-events     | event               |                    | b body, t type, l lane, a time                    |
 * | webhook-deliveries | endpoint            | event              | s state, l lane, t type, n attempts, h list of attempts, a made at, q waiting since, z next attempt at |
 * | webhook-log        | endpoint            | time and number    | d event                                           |
 * | webhook-lanes      | endpoint            | lane               | e epoch, p step, n last position, z due at        |
 * | webhook-waiting    | endpoint, space, lane | position, 16 digits | d event, e epoch of the lane                   |
 */
export const formatVersion = 1

/** The attributes of a record in a format that this program reads. */
export function known(record: TableRecord): Attributes {
  const { v } = record.attributes
  invariant(typeof v === 'number', `a record of ${record.key.table} carries no format version`)
  if (v > formatVersion) {
    const { table } = record.key
    throw new KoineError('internal', `A record of ${table} has format ${v}; this program reads ${formatVersion}.`)
  }
  return record.attributes
}
