import { keepFollowing } from './keep-following.ts'
import type { EventsClient } from './ports.ts'

/** The tenant's message events, followed from now on. */
export function koineEvents(url: string, apiKey: string): EventsClient {
  return {
    follow: ({ signal, onEvent, onStatus }) =>
      keepFollowing({
        connection: { url, apiKey },
        open: (api, cursor, signal) => api.events({ topic: 'koine.messages', from: cursor ?? 'latest', signal }),
        signal,
        onEvent: ({ cursor, event }) => onEvent({ cursor, event: { ...event } }),
        onStatus,
      }),
  }
}
