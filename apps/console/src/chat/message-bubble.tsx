import { type ReactNode, useState } from 'react'
import { Button } from '../ui/button.tsx'
import type { Entry } from './grouping.ts'
import type { LiveConversation } from './live-conversation.ts'
import styles from './message-bubble.module.css'

interface MessageBubbleProps {
  readonly entry: Entry
  readonly own: boolean
  /** Whether it begins its group, and whether it ends it. */
  readonly isFirst: boolean
  readonly isLast: boolean
  readonly conversation: LiveConversation
}

/** A text longer than this is folded, so that one message can't fill the pane. Characters. */
const foldedAt = 800

export function MessageBubble({ entry, own, isFirst, isLast, conversation }: MessageBubbleProps): ReactNode {
  const [unfolded, setUnfolded] = useState(false)
  const folded = entry.text.length > foldedAt && !unfolded
  return (
    <>
      <div
        className={styles.bubble}
        data-own={own || undefined}
        data-first={isFirst || undefined}
        data-last={isLast || undefined}
        data-state={entry.state}
      >
        <p className={styles.text} dir="auto">
          {folded ? `${entry.text.slice(0, foldedAt)}…` : entry.text}
        </p>
        {folded && (
          <button type="button" className={styles.unfold} onClick={() => setUnfolded(true)}>
            Show all {entry.text.length.toLocaleString()} characters
          </button>
        )}
      </div>
      {entry.state === 'failed' && <FailedNote entry={entry} conversation={conversation} />}
    </>
  )
}

function FailedNote({ entry, conversation }: Pick<MessageBubbleProps, 'entry' | 'conversation'>): ReactNode {
  return (
    <div className={styles.failed} role="alert">
      <span>Not sent. {entry.problem}</span>
      <span className={styles.actions}>
        <Button look="quiet" onPress={() => void conversation.sendAgain(entry.clientMessageId)}>
          Try again
        </Button>
        <Button look="quiet" onPress={() => conversation.discard(entry.clientMessageId)}>
          Discard
        </Button>
      </span>
    </div>
  )
}
