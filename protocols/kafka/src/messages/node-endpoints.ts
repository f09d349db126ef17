import { array, field, int32, nullableString, string, struct } from '../schema/index.ts'

/** Where the leaders are that a response mentions (KIP-951). */
export const nodeEndpoints = array(
  struct(
    field('nodeId', int32),
    field('host', string),
    field('port', int32),
    field('rack', nullableString, { default: null }),
  ),
)
