import { logLevels, setting } from '@koine/base'
import Type from 'typebox'

const port = Type.Integer({ minimum: 0, maximum: 65_535 })
const text = Type.String()
const someText = Type.String({ minLength: 1 })
const oneOf = <const T extends string[]>(values: readonly [...T]) => Type.Enum([...values])

const tls = (listener: string) => ({
  certificate: setting(text, {
    fallback: '',
    about: `A file with the certificate of the ${listener} listener and those that it stands on, in PEM; with it the listener speaks TLS. Read again when it changes.`,
  }),
  key: setting(text, { fallback: '', about: 'A file with the private key of that certificate, in PEM.' }),
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
