/**
 * The floors of the house (ARCHITECTURE.md): for each workspace, by folder, which workspaces it may import. A trailing
 * `/*` stands for every workspace of that folder; a subpath (`base/errors`) for that face of it alone. `typesOnly` ones may be named in `import type` alone.
 */
export interface Rule {
  readonly folder: string
  readonly may: readonly string[]
  readonly typesOnly?: readonly string[]
}

export const rules: readonly Rule[] = [
  { folder: 'base', may: [] },
  { folder: 'protocols/realtime', may: ['base/errors'] },
  { folder: 'protocols/*', may: ['base'] },
  { folder: 'contract', may: ['base/errors'] },
  { folder: 'stores/ports', may: ['base', 'protocols/kafka/record-batch'] },
  { folder: 'stores/*', may: ['base', 'stores/ports', 'protocols/kafka/record-batch'] },
  { folder: 'services/tenancy', may: ['base', 'stores/ports'] },
  {
    folder: 'services/streams',
    may: ['base', 'stores/ports', 'protocols/kafka/record-batch'],
    typesOnly: ['services/tenancy'],
  },
  { folder: 'services/*', may: ['base', 'stores/ports'], typesOnly: ['services/tenancy'] },
  { folder: 'gateways/*', may: ['base', 'protocols/*', 'contract', 'services/*'], typesOnly: ['stores/ports'] },
  { folder: 'sdk', may: ['contract', 'protocols/realtime', 'base/errors'] },
  { folder: 'apps/console', may: ['sdk'] },
  { folder: 'apps/cli', may: ['sdk'] },
  { folder: 'apps/server', may: ['*'] },
  { folder: 'simulation', may: ['*'] },
  { folder: 'bench', may: ['*'] },
  { folder: 'compat', may: ['*'] },
]
