import { describe, test } from 'node:test'

/** Tests that an adapter doesn't run, and why. */
export interface Skip {
  readonly reason: string
  /** Titles, as the suite gives them. */
  readonly tests: readonly string[]
}

export type Cases = { readonly [title: string]: () => Promise<void> }

/** Registers the cases as tests, but those that are skipped for a reason. A skip of a test that isn't there is an error. */
export function registerSuite(name: string, cases: Cases, skips: readonly Skip[] = []): void {
  const reasons = new Map(skips.flatMap(({ reason, tests }) => tests.map((title) => [title, reason] as const)))
  for (const title of reasons.keys()) if (!(title in cases)) throw new Error(`No test to skip: ${title}`)
  describe(name, () => {
    for (const [title, run] of Object.entries(cases)) test(title, { skip: reasons.get(title) ?? false }, run)
  })
}
