import type { ReactNode } from 'react'
import { Button } from '../ui/button.tsx'
import type { ConversationView } from './live-conversation.ts'
import styles from './older-messages.module.css'
import { canLoadOlder, messagesHeldMax } from './timeline.ts'

interface OlderMessagesProps {
  readonly view: ConversationView
  readonly onLoad: () => void
}

/** The upper end of the list: more to load, why loading failed, or that this is the beginning. */
export function OlderMessages({ view, onLoad }: OlderMessagesProps): ReactNode {
  const { loadingOlder, olderProblem, timeline } = view
  if (timeline.messages.length === 0) return undefined
  if (loadingOlder) {
    return (
      <p className={styles.older} role="status">
        Loading earlier messages…
      </p>
    )
  }
  if (olderProblem) {
    return (
      <p className={styles.older} role="alert">
        {olderProblem.title}{' '}
        <Button look="quiet" onPress={onLoad}>
          Try again
        </Button>
      </p>
    )
  }
  if (canLoadOlder(timeline)) {
    return (
      <p className={styles.older}>
        <Button look="quiet" onPress={onLoad}>
          Load earlier messages
        </Button>
      </p>
    )
  }
  return (
    <p className={styles.older}>
      {timeline.hasOlder
        ? `The page holds ${messagesHeldMax.toLocaleString()} messages; earlier ones stay in the history.`
        : 'This is where the conversation begins.'}
    </p>
  )
}
