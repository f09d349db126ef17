import { useEffect, useState } from 'react'
import { backend } from '../api/connect.ts'
import { newMessageId } from '../api/message-id.ts'
import type { Pair } from '../api/session.ts'
import { tokenSource } from '../api/token-source.ts'
import { sessions } from '../api/use-session.ts'
import { LiveConversation } from '../chat/live-conversation.ts'
import { LiveEvents } from '../events/live-events.ts'

/** All that is connected while the conversation page is open. */
export interface Live {
  readonly conversations: readonly [LiveConversation, LiveConversation]
  readonly events: LiveEvents
}

/** Opens a connection for each person and the event stream; closes them when the page or the pair goes. */
export function useLive(pair: Pair | undefined): Live | undefined {
  const [live, setLive] = useState<Live>()
  const conversationId = pair?.conversationId
  const firstId = pair?.people[0].id
  const secondId = pair?.people[1].id

  // A renewed token changes the pair, but not who talks where.
  useEffect(() => {
    const apiKey = sessions.get()?.apiKey
    if (!apiKey || !conversationId || !firstId || !secondId) return undefined
    const { live, close } = openLive(apiKey, conversationId, [firstId, secondId])
    setLive(live)
    return () => {
      setLive(undefined)
      close()
    }
  }, [conversationId, firstId, secondId])

  return live
}

function openLive(
  apiKey: string,
  conversationId: string,
  [firstId, secondId]: readonly [string, string],
): { live: Live; close: () => void } {
  const closings: (() => void)[] = []
  const tenant = backend.tenant(apiKey)
  const open = (userId: string): LiveConversation => {
    const client = backend.chat(tokenSource(sessions, tenant, userId))
    const conversation = new LiveConversation({ client, conversationId, userId, newMessageId })
    closings.push(() => {
      conversation.close()
      client.close()
    })
    return conversation
  }
  const live: Live = {
    conversations: [open(firstId), open(secondId)],
    events: new LiveEvents(backend.events(apiKey)),
  }
  closings.push(() => live.events.close())
  void live.events.follow()
  void startTogether(live.conversations)
  return { live, close: () => closings.forEach((close) => close()) }
}

/** A connection hears of the other's reading from now on; how far they had read before, their own inbox knows. */
async function startTogether([first, second]: Live['conversations']): Promise<void> {
  await Promise.all([first.start(), second.start()])
  first.noteRead(second.userId, second.readSeq)
  second.noteRead(first.userId, first.readSeq)
}
