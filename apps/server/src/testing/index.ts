export { Api } from './api.ts'
export { Producing, type ProducingOptions } from './producing.ts'
export { RealtimeConnection } from './realtime-connection.ts'
export { type ServerProcess, type ServerProcessOptions, startServer } from './server-process.ts'
