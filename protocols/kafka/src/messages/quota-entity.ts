import { array, field, nullableString, string, struct } from '../schema/index.ts'

/** Whom a quota is for: types are `user`, `client-id` and `ip`; a null name means the default of its type. */
export const quotaEntity = array(struct(field('entityType', string), field('entityName', nullableString)))
