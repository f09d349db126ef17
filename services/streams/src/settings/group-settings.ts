import type { RecordKey, TenantScope } from '@koine/stores-ports'
import type { StreamsLimits } from '../limits.ts'
import { Turns } from '../turns.ts'
import { documented, type DocumentedKinds, int } from './setting-kinds.ts'
import { changed, type Setting, type Settings, type SettingsChange, settingsProblem, told } from './setting.ts'

const sessionTimeout = 'consumer.session.timeout.ms'
const heartbeatInterval = 'consumer.heartbeat.interval.ms'

/** The settings of a group of the consumer protocol (KIP-848) that there are. */
const kinds: DocumentedKinds = {
  [heartbeatInterval]: documented(
    int(5_000, { atLeast: 1 }),
    'How often the members of a group of the consumer protocol are to be heard of.',
    { broker: 'group.consumer.heartbeat.interval.ms' },
  ),
  [sessionTimeout]: documented(
    int(45_000, { atLeast: 1 }),
    'A member of a group of the consumer protocol that was not heard of for so long is out of it.',
    { broker: 'group.consumer.session.timeout.ms' },
  ),
}

/** What holds for a group, set or by default. */
export interface ConsumerGroupSettings {
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
}

export type GroupSettingsOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'invalid-setting' | 'too-many'; readonly message: string }

/** The settings that clients give to groups by name, whether there is such a group or not. */
export class GroupSettings {
  readonly #limits: StreamsLimits
  readonly #turns = new Turns()

  constructor(limits: StreamsLimits) {
    this.#limits = limits
  }

  async of(scope: TenantScope, groupId: string): Promise<ConsumerGroupSettings> {
    const settings = await held(scope, groupId)
    const number = (name: string): number => Number(settings[name] ?? kinds[name]!.byDefault)
    return { sessionTimeoutMs: number(sessionTimeout), heartbeatIntervalMs: number(heartbeatInterval) }
  }

  async told(scope: TenantScope, groupId: string): Promise<readonly Setting[]> {
    return told(await held(scope, groupId), kinds)
  }

  /** All changes or none. */
  change(
    scope: TenantScope,
    { groupId, change }: { groupId: string; change: SettingsChange },
    { validateOnly = false }: { readonly validateOnly?: boolean } = {},
  ): Promise<GroupSettingsOutcome> {
    return this.#turns.take(scope.tenantId, async () => {
      const before = await held(scope, groupId)
      const after = changed(before, change, kinds)
      if (!after.ok) return invalid(after.message)
      const problem = this.#problem(after.settings)
      if (problem !== undefined) return invalid(problem)
      const isNew = Object.keys(before).length === 0
      if (isNew && (await this.#isFull(scope))) {
        return { ok: false, reason: 'too-many', message: `At most ${this.#limits.groups} groups have settings.` }
      }
      if (!validateOnly) await store(scope, groupId, after.settings)
      return { ok: true }
    })
  }

  /** As a broker with Kafka's default bounds for `group.consumer.*` says it. */
  #problem(settings: Settings): string | undefined {
    const problem = settingsProblem(settings, kinds, 'group')
    if (problem) return problem
    const { heartbeatIntervalMsMin, heartbeatIntervalMsMax, consumerSessionMsMin, consumerSessionMsMax } = this.#limits
    return (
      outside(settings, heartbeatInterval, heartbeatIntervalMsMin, heartbeatIntervalMsMax) ??
      outside(settings, sessionTimeout, consumerSessionMsMin, consumerSessionMsMax)
    )
  }

  async #isFull(scope: TenantScope): Promise<boolean> {
    let count = 0
    let cursor: string | undefined
    do {
      const page = await scope.tables.query({ table, pk: partitionKey, limit: 1_000, ...(cursor && { cursor }) })
      count += page.records.length
      cursor = page.cursor
    } while (cursor && count < this.#limits.groups)
    return count >= this.#limits.groups
  }
}

const invalid = (message: string): GroupSettingsOutcome => ({ ok: false, reason: 'invalid-setting', message })

/** One record a group: `v` is the layout's version, `settings` what is set, by name. */
const table = 'streams.group-settings'
const partitionKey = 'groups'
const layout = 1

const keyOf = (groupId: string): RecordKey => ({ table, pk: partitionKey, sk: groupId })

async function held(scope: TenantScope, groupId: string): Promise<Settings> {
  const record = await scope.tables.get(keyOf(groupId))
  return (record?.attributes['settings'] ?? {}) as Settings
}

async function store(scope: TenantScope, groupId: string, settings: Settings): Promise<void> {
  const key = keyOf(groupId)
  const isEmpty = Object.keys(settings).length === 0
  const operation = isEmpty ? { delete: key } : { put: key, attributes: { v: layout, settings } }
  await scope.tables.write({ operations: [operation] })
}

function outside(settings: Settings, name: string, least: number, most: number): string | undefined {
  const value = settings[name]
  if (value === undefined) return undefined
  if (Number(value) < least) return `${name} must be greater than or equal to ${least}`
  return Number(value) > most ? `${name} must be less than or equal to ${most}` : undefined
}
