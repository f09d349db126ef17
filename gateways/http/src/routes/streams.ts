import type { EventStreams } from '../event-streams.ts'
import type { Streams } from '../options.ts'
import { route, type Routing, streamRoute } from '../routing.ts'

export function streamRoutes(routing: Routing, streams: Streams, eventStreams: EventStreams): void {
  route(routing, 'listTopics', async ({ scope }) => ({ data: await streams.topics(scope) }))
  streamRoute(routing, 'streamEvents', (call) => eventStreams.serve(call))
}
