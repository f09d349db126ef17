import { koineChat } from './koine-chat.ts'
import { koineEvents } from './koine-events.ts'
import { koineStreams } from './koine-streams.ts'
import { koineDemo, koineTenant } from './koine-tenant.ts'
import type { Backend } from './ports.ts'

/** The server that this page came from. */
const url = location.origin

export const backend: Backend = {
  demo: () => koineDemo(url),
  tenant: (apiKey) => koineTenant(url, apiKey),
  events: (apiKey) => koineEvents(url, apiKey),
  streams: (apiKey) => koineStreams(url, apiKey),
  chat: (token) => koineChat(url, token),
}
