import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useMemo, useRef } from 'react'
import { ChatIcon } from '../ui/icons.tsx'
import { Notice } from '../ui/notice.tsx'
import { dayLabel, localDay } from './day-label.ts'
import { type Row, rowsOf } from './grouping.ts'
import type { ConversationView, LiveConversation } from './live-conversation.ts'
import type { Member } from './member.ts'
import { MessageGroup } from './message-group.tsx'
import styles from './message-list.module.css'
import { NewMessagesPill } from './new-messages-pill.tsx'
import { OlderMessages } from './older-messages.tsx'
import type { ListEnds } from './scroll-anchor.ts'
import { useScrollAnchor } from './use-scroll-anchor.ts'

interface MessageListProps {
  readonly conversation: LiveConversation
  readonly view: ConversationView
  readonly me: Member
  readonly other: Member
  /** Told whether the reader sees the newest messages. */
  readonly onAtEnd: (atEnd: boolean) => void
}

export function MessageList({ conversation, view, me, other, onAtEnd }: MessageListProps): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const rows = useMemo(() => rowsOf(view.timeline, localDay), [view.timeline])
  const loadOlder = useCallback(() => void conversation.loadOlder(), [conversation])
  const { atEnd, hasNewBelow, onScroll, toEnd } = useScrollAnchor(box, endsOf(rows), loadOlder)

  useEffect(() => onAtEnd(atEnd), [onAtEnd, atEnd])

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') toEnd()
  }

  return (
    <div className={styles.place}>
      <div
        ref={box}
        className={styles.box}
        role="region"
        aria-label={`Messages of ${me.name}`}
        // A scrolled region must be reachable without a pointer.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
      >
        <div className={styles.content}>
          {rows.length === 0 && (
            <Notice icon={<ChatIcon size={22} />} title="Nothing said yet">
              Write as {me.name} below: {other.name} sees it at once, and the event shows in the stream.
            </Notice>
          )}
          <OlderMessages view={view} onLoad={loadOlder} />
          <ol className={styles.rows}>
            {rows.map((row) => (
              <li key={row.key}>
                <RowView row={row} me={me} other={other} conversation={conversation} />
              </li>
            ))}
          </ol>
        </div>
      </div>
      {hasNewBelow && <NewMessagesPill onPress={toEnd} />}
    </div>
  )
}

interface RowViewProps {
  readonly row: Row
  readonly me: Member
  readonly other: Member
  readonly conversation: LiveConversation
}

function RowView({ row, me, other, conversation }: RowViewProps): ReactNode {
  if (row.kind === 'day') return <p className={styles.day}>{dayLabel(row.at, new Date())}</p>
  if (row.kind === 'new') return <p className={styles.new}>New</p>
  return <MessageGroup group={row} sender={row.own ? me : other} conversation={conversation} />
}

function endsOf(rows: readonly Row[]): ListEnds {
  const groups = rows.filter((row) => row.kind === 'group')
  const last = groups.at(-1)
  return {
    firstKey: groups[0]?.entries[0]?.key,
    lastKey: last?.entries.at(-1)?.key,
    lastIsOwn: last?.own ?? false,
  }
}
