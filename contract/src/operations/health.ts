import { Type } from 'typebox'
import { operation } from '../operation.ts'
import { TenantId } from '../schemas/fields.ts'
import { NodeHealth } from '../schemas/health.ts'
import { StreamsUsage } from '../schemas/usage.ts'

export const healthOperations = {
  getStreamsUsage: operation({
    tag: 'Topics',
    auth: ['api-key'],
    method: 'GET',
    path: '/v1/streams/usage',
    summary: "Read what the tenant's cluster uses, of what it may, and where its records are",
    responses: { 200: { description: 'As it stands now.', schema: StreamsUsage } },
    errors: [],
  }),
  getTenantUsage: operation({
    tag: 'Tenants',
    auth: ['operator'],
    method: 'GET',
    path: '/v1/tenants/{tenantId}/usage',
    summary: "Read what a tenant's cluster uses, of what it may",
    params: Type.Object({ tenantId: TenantId }),
    responses: { 200: { description: 'As it stands now.', schema: StreamsUsage } },
    errors: ['not_found'],
  }),
  getNodeHealth: operation({
    tag: 'Server',
    auth: ['operator'],
    method: 'GET',
    path: '/v1/node/health',
    summary: 'Read how the node does: its disk, what a Kafka client of its own finds, how busy it is',
    responses: { 200: { description: 'As it stands now, whatever it says.', schema: NodeHealth } },
    errors: [],
  }),
} as const
