import { useSyncExternalStore } from 'react'
import type { ConversationView, LiveConversation } from './live-conversation.ts'

export const useConversation = (conversation: LiveConversation): ConversationView =>
  useSyncExternalStore(conversation.subscribe, conversation.view)
