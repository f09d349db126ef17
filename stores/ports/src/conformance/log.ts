import { appendCases, waitingCases } from './log-appends.ts'
import { newTenant, type OpenedLog, type WithTopic } from './log-case.ts'
import { deletionCases } from './log-deletion.ts'
import { durabilityCases } from './log-durability.ts'
import { modelCases } from './log-model.ts'
import { offsetCases } from './log-offsets.ts'
import { readCases } from './log-reads.ts'
import { rewritingCases } from './log-rewriting.ts'
import { tenantCases } from './log-tenants.ts'
import { topicCases } from './log-topics.ts'
import { usageCases } from './log-usage.ts'
import { registerSuite, type Skip } from './suite.ts'

export interface LogConformance {
  readonly name: string
  readonly open: () => Promise<OpenedLog>
  readonly skip?: readonly Skip[]
}

/** What every engine of the log port does. */
export function logConformance({ name, open, skip = [] }: LogConformance): void {
  const withTopic: WithTopic = (body) => async () => {
    await using opened = await open()
    const tenant = newTenant()
    const log = opened.log.forTenant(tenant)
    await log.createTopic({ name: 'events', partitions: 2 })
    await body({ opened, tenant, log })
  }
  const cases = {
    ...topicCases(withTopic),
    ...appendCases(withTopic),
    ...readCases(withTopic),
    ...waitingCases(withTopic),
    ...deletionCases(withTopic),
    ...rewritingCases(withTopic),
    ...offsetCases(withTopic),
    ...tenantCases(withTopic),
    ...durabilityCases(withTopic),
    ...usageCases(withTopic),
    ...modelCases(withTopic),
  }
  registerSuite(`log: ${name}`, cases, skip)
}
