import type { ScramMechanism } from '@koine/services-tenancy'

/** Numbers of the protocol for the mechanisms. */
const codes: { readonly [mechanism in ScramMechanism]: number } = { 'SCRAM-SHA-256': 1, 'SCRAM-SHA-512': 2 }

export const codeOfMechanism = (mechanism: ScramMechanism): number => codes[mechanism]

/** Undefined for a number that stands for none. */
export const mechanismOf = (code: number): ScramMechanism | undefined =>
  code === codes['SCRAM-SHA-256'] ? 'SCRAM-SHA-256' : code === codes['SCRAM-SHA-512'] ? 'SCRAM-SHA-512' : undefined
