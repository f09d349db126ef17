import { memo, type ReactNode } from 'react'
import { Avatar } from '../ui/avatar.tsx'
import { clockTime } from './day-label.ts'
import { DeliveryMark } from './delivery-mark.tsx'
import { type MessageGroup as Group, sameGroup } from './grouping.ts'
import type { LiveConversation } from './live-conversation.ts'
import type { Member } from './member.ts'
import { MessageBubble } from './message-bubble.tsx'
import styles from './message-group.module.css'

interface MessageGroupProps {
  readonly group: Group
  readonly sender: Member
  readonly conversation: LiveConversation
}

function MessageGroupView({ group, sender, conversation }: MessageGroupProps): ReactNode {
  const { entries, own } = group
  const last = entries.at(-1)!
  return (
    <article
      className={styles.group}
      data-own={own || undefined}
      data-tone={sender.tone}
      aria-label={`${own ? 'You' : sender.name}, ${clockTime(last.at)}`}
    >
      {!own && <Avatar name={sender.name} tone={sender.tone} size="small" />}
      <div className={styles.bubbles}>
        {entries.map((entry, i) => (
          <MessageBubble
            key={entry.key}
            entry={entry}
            own={own}
            isFirst={i === 0}
            isLast={entry === last}
            conversation={conversation}
          />
        ))}
        <p className={styles.foot}>
          <time dateTime={last.at}>{clockTime(last.at)}</time>
          {own && <DeliveryMark state={last.state} />}
        </p>
      </div>
    </article>
  )
}

/** What one person said in one go: bubbles, then the time and how far the last of them got. */
export const MessageGroup = memo(
  MessageGroupView,
  (before, after) =>
    before.sender === after.sender &&
    before.conversation === after.conversation &&
    sameGroup(before.group, after.group),
)
