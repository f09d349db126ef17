import { Api, RealtimeConnection, type ServerProcess } from '@koine/server/testing'
import { residentBytes } from './process-figures.ts'
import { type Measure, measure } from './result.ts'

const openingAtOnce = 50
const usersMax = 500

/** The server's resident memory with many authenticated connections that say nothing, over what it had before them. */
export async function idleConnectionMeasures(
  server: ServerProcess,
  { connections }: { connections: number },
): Promise<Measure[]> {
  const api = new Api(server)
  const users: { token: string }[] = []
  for (let made = 0; made < Math.min(usersMax, connections); made++) users.push(await api.user(`idle ${made}`))
  await settled(server.pid)
  const before = residentBytes(server.pid)
  const open: RealtimeConnection[] = []
  while (open.length < connections) {
    const batch = Math.min(openingAtOnce, connections - open.length)
    const tokens = Array.from({ length: batch }, (_, index) => users[(open.length + index) % users.length]!.token)
    open.push(...(await Promise.all(tokens.map((token) => RealtimeConnection.open(server, token, () => {})))))
  }
  await settled(server.pid)
  const perConnection = (residentBytes(server.pid) - before) / connections / 1024
  for (const connection of open) connection.close()
  return [measure('idle_memory_per_connection', `KiB at ${connections}`, [perConnection])]
}

/** Waits until the resident memory has stood still for three seconds in a row, a minute at most. */
async function settled(pid: number): Promise<void> {
  let last = residentBytes(pid)
  for (let still = 0, waited = 0; still < 3 && waited < 60; waited++) {
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const now = residentBytes(pid)
    still = Math.abs(now - last) < 1_000_000 ? still + 1 : 0
    last = now
  }
}
