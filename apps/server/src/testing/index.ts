export { startServer, type ServerProcess, type ServerProcessOptions } from './server-process.ts'
