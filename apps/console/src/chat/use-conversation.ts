import { useStore } from '../ui/use-store.ts'
import type { ConversationView, LiveConversation } from './live-conversation.ts'

export const useConversation = (conversation: LiveConversation): ConversationView => useStore(conversation)
