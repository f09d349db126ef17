import type { Metrics } from '@koine/base'
import { HttpGateway } from '@koine/gateways-http'
import { KafkaGateway } from '@koine/gateways-kafka'
import { WebSocketGateway } from '@koine/gateways-websocket'
import type { Messaging } from '@koine/services-messaging'
import { PlatformEvents, StreamOperations, type Streams } from '@koine/services-streams'
import type { Tenancy } from '@koine/services-tenancy'
import type { Stores } from '@koine/stores-ports'
import { anonymousTenant } from './anonymous-tenant.ts'
import { CertificateFiles } from './certificate-files.ts'
import type { Addresses, Parts } from './parts.ts'
import { demoSession } from './demo-session.ts'
import type { DemoFile } from './demo.ts'
import type { NodeHealth } from './health/node-health.ts'
import { authority, listenFailure, reachable } from './listening.ts'
import { KafkaProbe } from './probe/kafka-probe.ts'
import type { ProbeTenant } from './probe/probe-tenant.ts'

export interface Behind {
  readonly tenancy: Tenancy
  readonly streams: Streams
  readonly messaging: Messaging
  readonly stores: Stores
  readonly health: NodeHealth
  /** Undefined when there is no probe. */
  readonly probeTenant: ProbeTenant | undefined
  readonly metrics: Metrics
  readonly demo: DemoFile | undefined
}

/**
 * Opens the doors, each onto the stack of what is to be closed: Kafka first, then HTTP with the WebSocket attached. They
 * close together: one that waits for its clients must not leave another one open for new work meanwhile.
 */
export async function openGateways(opened: AsyncDisposableStack, parts: Parts, behind: Behind): Promise<Addresses> {
  const kafka = await openKafka(opened, parts, behind)
  const http = await openHttp(opened, parts, behind)
  opened.defer(async () => {
    await Promise.all([kafka.gateway, ...http.gateways].map((gateway) => gateway[Symbol.asyncDispose]()))
  })
  return { http: http.url, kafka: kafka.address }
}

async function openKafka(
  opened: AsyncDisposableStack,
  parts: Parts,
  { tenancy, streams, metrics, health, probeTenant }: Behind,
): Promise<{ gateway: AsyncDisposable; address: string }> {
  const { clock, randomness, logger, settings } = parts
  const { host, port, advertisedHost, reauthenticationMs, tls } = settings.kafka
  const certificate = opened.use(await CertificateFiles.open({ setting: 'kafka.tls', ...tls }, { clock, logger }))
  const anonymous = await anonymousTenant(settings, tenancy)
  const gateway = opened.use(
    new KafkaGateway({
      tenancy: probeTenant?.admittedBy(tenancy) ?? tenancy,
      streams,
      clock,
      randomness,
      logger,
      metrics,
      host,
      port,
      ...(advertisedHost && { advertisedHost }),
      ...(anonymous && { anonymous }),
      ...(certificate && { certificate }),
      reauthenticationMs,
    }),
  )
  try {
    const bound = await gateway.listen()
    if (probeTenant) {
      const address = {
        host: reachable(host),
        port: bound,
        ...(certificate && { certificate: () => certificate.current.cert }),
      }
      const { credential } = probeTenant
      health.probe = opened.use(
        new KafkaProbe({
          ...settings.probe,
          prepare: () => probeTenant.prepare(),
          address,
          credential,
          clock,
          randomness,
          logger,
          metrics,
        }),
      )
    }
    return { gateway, address: authority(host, bound) }
  } catch (cause) {
    throw listenFailure(cause, { what: 'Kafka', host, port, flag: '--kafka-port' })
  }
}

async function openHttp(
  opened: AsyncDisposableStack,
  parts: Parts,
  behind: Behind,
): Promise<{ gateways: AsyncDisposable[]; url: string }> {
  const { clock, randomness, logger, settings, consoleDirectory } = parts
  const { tenancy, streams, messaging, stores, health, metrics, demo } = behind
  const { host, port, allowedOrigins, tls } = settings.http
  const certificate = opened.use(await CertificateFiles.open({ setting: 'http.tls', ...tls }, { clock, logger }))
  const events = new PlatformEvents({ clock })
  let listening = false
  const http = opened.use(
    new HttpGateway({
      tenancy,
      messaging,
      clock,
      logger,
      metrics,
      host,
      port,
      allowedOrigins,
      events,
      streams: new StreamOperations({ streams, clock }),
      readiness: async () => {
        await stores.tables.control.get({ table: 'readiness', pk: 'probe', sk: '' })
        if (!listening) return 'starting'
        const { isReady, ...told } = health.readiness
        return { status: isReady ? 'ok' : 'failing', ...told }
      },
      nodeHealth: () => health.describe(),
      ...(demo && { demo: () => demoSession(tenancy, demo) }),
      ...(consoleDirectory && { consoleDirectory }),
      ...(certificate && { certificate }),
    }),
  )
  const realtime = opened.use(
    new WebSocketGateway({
      tenancy,
      messaging,
      clock,
      randomness,
      logger,
      metrics,
      allowedOrigins: settings.http.allowedOrigins,
      limits: { connections: settings.realtime.connectionsMax, textBytes: settings.messaging.textBytesMax },
    }),
  )
  realtime.attach(http.server)
  try {
    const { url } = await http.listen()
    listening = true
    return { gateways: [http, realtime], url }
  } catch (cause) {
    throw listenFailure(cause, { what: 'HTTP', host, port, flag: '--http-port' })
  }
}
