import { logLevels, setting } from '@koine/base'
import { defaultBackpressureSettings } from '@koine/services-streams'
import { defaultQuotas, type QuotaKind, quotaValue } from '@koine/services-tenancy'
import { defaultTiering } from '@koine/stores-embedded'
import { defaultDiskLimits } from '@koine/stores-embedded'
import Type from 'typebox'

const port = Type.Integer({ minimum: 0, maximum: 65_535 })
const text = Type.String()
const milliseconds = Type.Integer({ minimum: 0 })
const bytes = Type.Integer({ minimum: 0 })
const someText = Type.String({ minLength: 1 })
const oneOf = <const T extends string[]>(values: readonly [...T]) => Type.Enum([...values])

const tls = (listener: string) => ({
  certificate: setting(text, {
    fallback: '',
    about: `A file with the certificate of the ${listener} listener and those that it stands on, in PEM; with it the listener speaks TLS. Read again when it changes.`,
  }),
  key: setting(text, { fallback: '', about: 'A file with the private key of that certificate, in PEM.' }),
})

/** What tenants get that the operator has given nothing else. */
const quota = (kind: QuotaKind, about: string) =>
  setting(Type.Union([Type.Number({ minimum: 0 }), Type.Literal('unlimited')]), {
    fallback: quotaValue(defaultQuotas[kind]),
    about: `${about} For tenants that have no such quota of their own; \`unlimited\`, or 0 for none at all.`,
  })

/** Every setting of the program. docs/configuration.md is made from it. */
export const settingsSchema = {
  mode: setting(oneOf(['development', 'production']), {
    fallback: 'development',
    about:
      'Development makes two demo tenants at the first start; production refuses demo credentials and wants an `adminToken`.',
  }),
  config: setting(text, {
    fallback: '',
    about: 'The configuration file; when not given, `koine.yaml` in the working directory if there is one.',
  }),
  dataDir: setting(someText, { fallback: './data', about: 'Where everything is kept. One process uses it at a time.' }),
  adminToken: setting(text, {
    fallback: '',
    secret: true,
    about:
      'The operator credential of the HTTP API. In development one is made and kept in `demo.json` when not given.',
  }),
  allowPlaintext: setting(Type.Boolean(), {
    fallback: false,
    about: 'Allows listeners without TLS on other than loopback addresses, for use behind a proxy that ends TLS.',
  }),
  http: {
    host: setting(someText, { fallback: '127.0.0.1', about: 'Address of the HTTP and WebSocket listener.' }),
    port: setting(port, { fallback: 8080, about: 'Port of HTTP, WebSocket and the console; 0 takes a free one.' }),
    allowedOrigins: setting(Type.Array(Type.String()), {
      fallback: [],
      about: 'Origins of other web pages that may call the API and open WebSockets, separated by commas.',
    }),
    tls: tls('HTTP'),
  },
  kafka: {
    host: setting(someText, { fallback: '127.0.0.1', about: 'Address of the Kafka listener.' }),
    port: setting(port, { fallback: 9092, about: 'Port of the Kafka listener; 0 takes a free one.' }),
    advertisedHost: setting(text, {
      fallback: '',
      about: 'The host name given to Kafka clients; the listener’s address when empty.',
    }),
    tls: tls('Kafka'),
    reauthenticationMs: setting(Type.Integer({ minimum: 0, maximum: 30 * 24 * 3600 * 1000 }), {
      fallback: 0,
      about: 'Kafka clients authenticate again after so long, or are disconnected; 0: never.',
    }),
    anonymousTenant: setting(text, {
      fallback: '',
      about:
        'For development on a loopback address: the name or id of a tenant in which Kafka clients that don’t authenticate may do everything.',
    }),
  },
  realtime: {
    connectionsMax: setting(Type.Integer({ minimum: 1, maximum: 1_000_000 }), {
      fallback: 50_000,
      about: 'WebSocket connections of this process; more are told to come back later.',
    }),
  },
  streams: {
    backpressure: {
      enabled: setting(Type.Boolean(), {
        fallback: defaultBackpressureSettings.enabled,
        about: 'Whether Kafka clients are slowed, each tenant by its quota, while the node has more to do than it can.',
      }),
      eventLoopDelayMsMax: setting(Type.Number({ minimum: 1, maximum: 10_000 }), {
        fallback: defaultBackpressureSettings.eventLoopDelayMsMax,
        about: 'The node has too much to do when its event loop comes so late to its timers, on average.',
      }),
      diskWaitMsMax: setting(Type.Number({ minimum: 1, maximum: 60_000 }), {
        fallback: defaultBackpressureSettings.diskWaitMsMax,
        about: 'The same when what waits for the disk has waited for so long.',
      }),
      queuedBytesMax: setting(Type.Integer({ minimum: 1 }), {
        fallback: defaultBackpressureSettings.queuedBytesMax,
        about: 'The same when so many bytes of records wait to be written.',
      }),
      requestCostBytes: setting(bytes, {
        fallback: defaultBackpressureSettings.requestCostBytes,
        about: 'What a request counts beside its bytes when a tenant’s part of the node’s work is reckoned.',
      }),
    },
    quotas: {
      produceBytesPerSecond: quota('produceBytesPerSecond', 'Bytes a second that a tenant’s clients may produce.'),
      fetchBytesPerSecond: quota('fetchBytesPerSecond', 'Bytes a second that a tenant’s clients may fetch.'),
      requestsPerSecond: quota('requestsPerSecond', 'Requests a second of a tenant’s Kafka clients.'),
      requestPercentage: quota(
        'requestPercentage',
        'Time of a node’s thread that a tenant’s Kafka requests may take; 100 is the whole of one core.',
      ),
      connections: quota('connections', 'Kafka connections of a tenant at once.'),
      connectionsPerSecond: quota('connectionsPerSecond', 'Kafka connections a second that a tenant may open.'),
      topics: quota('topics', 'Topics of a tenant.'),
      partitions: quota('partitions', 'Partitions of a tenant, over all its topics.'),
      partitionMutationsPerSecond: quota(
        'partitionMutationsPerSecond',
        'Partitions a second that a tenant may make or delete; eleven seconds’ worth can be saved up.',
      ),
      groups: quota('groups', 'Consumer groups of a tenant.'),
    },
    tiering: {
      enabled: setting(Type.Boolean(), {
        fallback: defaultTiering.enabled,
        about:
          'Whether full segments of tenants’ logs are copied into the blob store and then leave the local disk. What is there already is read in any case.',
      }),
      copyAfterMs: setting(milliseconds, {
        fallback: defaultTiering.copyAfterMs,
        about: 'A full segment is copied into the blob store after so long.',
      }),
      localMs: setting(milliseconds, {
        fallback: defaultTiering.localMs,
        about: 'A segment leaves the local disk so long after it was copied.',
      }),
      localBytes: setting(bytes, {
        fallback: defaultTiering.localBytes,
        about:
          'Of full segments that a tenant keeps on the local disk; beyond it the oldest are copied and leave at once.',
      }),
      readCacheBytes: setting(bytes, {
        fallback: defaultTiering.readCacheBytes,
        about: 'Memory for what is read from the blob store, over all tenants.',
      }),
      scrubEveryMs: setting(milliseconds, {
        fallback: defaultTiering.scrubEveryMs,
        about: 'How often all segments are read to find damage, and repaired where there are two copies; 0: never.',
      }),
      scrubBytesPerSecond: setting(Type.Integer({ minimum: 1 }), {
        fallback: defaultTiering.scrubBytesPerSecond,
        about: 'How much of them is read in a second.',
      }),
    },
  },
  messaging: {
    textBytesMax: setting(Type.Integer({ minimum: 1, maximum: 65_536 }), {
      fallback: 65_536,
      about: 'The longest text of a message, in bytes of UTF-8.',
    }),
    sendsInProgressMax: setting(Type.Integer({ minimum: 1, maximum: 1_000_000 }), {
      fallback: 50_000,
      about: 'Messages being sent at once in this process; more are refused with a time to come back.',
    }),
  },
  disk: {
    syncSlowMs: setting(Type.Integer({ minimum: 1, maximum: 60_000 }), {
      fallback: defaultDiskLimits.syncSlowMs,
      about: 'The disk is called slow when one sync in ten takes this long, for ten seconds.',
    }),
    stuckMs: setting(Type.Integer({ minimum: 100, maximum: 600_000 }), {
      fallback: defaultDiskLimits.stuckMs,
      about: 'The disk is called stuck, and the server not ready, when an operation has been under way for this long.',
    }),
  },
  probe: {
    intervalMs: setting(Type.Integer({ minimum: 0, maximum: 3_600_000 }), {
      fallback: 5_000,
      about:
        'How often the server tries its own Kafka listener as a client would, by writing a record and reading it back; 0: never.',
    }),
    timeoutMs: setting(Type.Integer({ minimum: 100, maximum: 600_000 }), {
      fallback: 5_000,
      about: 'A try that takes longer has failed.',
    }),
  },
  drain: {
    deadlineMs: setting(Type.Integer({ minimum: 0, maximum: 600_000 }), {
      fallback: 10_000,
      about: 'How long a stopping process may take to finish what it accepted.',
    }),
  },
  log: {
    level: setting(oneOf(logLevels), { fallback: 'info', about: 'The least severe log lines to write.' }),
    format: setting(oneOf(['auto', 'json', 'pretty']), {
      fallback: 'auto',
      about: 'JSON lines, text for people, or whichever suits the standard error stream.',
    }),
  },
}
