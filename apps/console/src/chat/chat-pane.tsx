import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useRef, useState } from 'react'
import { Button } from '../ui/button.tsx'
import { WarningIcon } from '../ui/icons.tsx'
import { Notice } from '../ui/notice.tsx'
import { ProblemStrip } from '../ui/problem-strip.tsx'
import { BubbleSkeletons } from '../ui/skeleton.tsx'
import styles from './chat-pane.module.css'
import { Composer } from './composer.tsx'
import type { LiveConversation } from './live-conversation.ts'
import type { Member } from './member.ts'
import { MessageList } from './message-list.tsx'
import { PaneHeader } from './pane-header.tsx'
import { unreadCount } from './timeline.ts'
import { useAttention } from './use-attention.ts'
import { useConversation } from './use-conversation.ts'

interface ChatPaneProps {
  readonly conversation: LiveConversation
  readonly me: Member
  readonly other: Member
  /** Whether the pane is the only one on the screen. */
  readonly alone: boolean
}

/** One person's view of the conversation, on a connection of its own. */
export function ChatPane({ conversation, me, other, alone }: ChatPaneProps): ReactNode {
  const pane = useRef<HTMLElement>(null)
  const view = useConversation(conversation)
  const [atEnd, setAtEnd] = useState(true)
  const attentive = useAttention(pane, alone) && atEnd
  const { announced, closedBy, phase, problem, status, timeline } = view

  useEffect(() => conversation.setAttentive(attentive), [conversation, attentive])
  const send = useCallback((text: string) => void conversation.send(text), [conversation])

  // Escape goes between writing and reading.
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return
    const writing = event.target instanceof HTMLTextAreaElement
    pane.current?.querySelector<HTMLElement>(writing ? '[role="region"]' : 'textarea')?.focus()
  }

  return (
    <section
      ref={pane}
      className={styles.pane}
      data-tone={me.tone}
      aria-label={`${me.name}, talking with ${other.name}`}
      onKeyDown={onKeyDown}
    >
      <PaneHeader me={me} other={other} status={status} unread={unreadCount(timeline)} />
      {phase === 'loading' && <BubbleSkeletons />}
      {phase === 'failed' && problem && (
        <Notice
          kind="problem"
          icon={<WarningIcon size={22} />}
          title={problem.title}
          action={<Button onPress={() => conversation.retry()}>Try again</Button>}
        >
          {problem.advice}
        </Notice>
      )}
      {phase === 'ready' && (
        <MessageList conversation={conversation} view={view} me={me} other={other} onAtEnd={setAtEnd} />
      )}
      {phase === 'ready' && closedBy && <ProblemStrip problem={closedBy} onRetry={() => conversation.retry()} />}
      <Composer me={me} other={other} status={status} onSend={send} />
      <p className="for-screen-readers" aria-live="polite">
        {announced && <span key={announced.id}>{`${other.name} to ${me.name}: ${announced.text}`}</span>}
      </p>
    </section>
  )
}
