import type { Metrics } from '@koine/base'
import type { ClientFrameType, CloseReason } from '@koine/protocols-realtime'

/** What operators see of the gateway. */
export interface Instruments {
  received(type: ClientFrameType): void
  refused(): void
  closed(reason: CloseReason): void
}

export function createInstruments(metrics: Metrics, connections: () => number): Instruments {
  metrics.gauge({
    name: 'koine_realtime_connections',
    help: 'Open WebSocket connections, authenticated or not.',
    collect: connections,
  })
  const received = metrics.counter({
    name: 'koine_realtime_frames_received_total',
    help: 'Valid frames from clients, by type.',
    labelNames: ['type'],
  })
  const refused = metrics.counter({
    name: 'koine_realtime_frames_refused_total',
    help: 'Frames from clients that were not valid.',
  })
  const closed = metrics.counter({
    name: 'koine_realtime_closed_total',
    help: 'Connections that the server closed, by reason.',
    labelNames: ['reason'],
  })
  const byType: { readonly [T in ClientFrameType]: { inc(): void } } = {
    connect: received.labels('connect'),
    send: received.labels('send'),
    read: received.labels('read'),
    catchUp: received.labels('catchUp'),
    ping: received.labels('ping'),
  }
  return {
    received: (type) => byType[type].inc(),
    refused: () => refused.inc(),
    closed: (reason) => closed.inc({ reason }),
  }
}
