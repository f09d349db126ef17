import { memo, type ReactNode } from 'react'
import { Button } from 'react-aria-components/Button'
import { Disclosure, DisclosurePanel } from 'react-aria-components/Disclosure'
import type { Member } from '../chat/member.ts'
import { ChevronIcon } from '../ui/icons.tsx'
import styles from './event-row.module.css'
import { shortId } from './event-summary.ts'
import { JsonView } from './json-view.tsx'
import type { ListedEvent } from './live-events.ts'

interface EventRowProps {
  readonly event: ListedEvent
  readonly members: readonly Member[]
}

/** One event in two lines; pressed, it opens to its whole JSON. */
export const EventRow = memo(function EventRow({ event, members }: EventRowProps): ReactNode {
  const sender = members.find(({ id }) => id === event.senderId)
  return (
    <li>
      <Disclosure className={styles.row}>
        {({ isExpanded }) => (
          <>
            <Button slot="trigger" className={styles.trigger}>
              <span className={styles.chevron}>
                <ChevronIcon size={14} />
              </span>
              <span className={styles.lines}>
                <span className={styles.first}>
                  <span className={styles.type} data-tone={sender?.tone}>
                    {event.type}
                  </span>
                  {event.time && (
                    <time className={styles.time} dateTime={event.time}>
                      {toTheMillisecond.format(new Date(event.time))}
                    </time>
                  )}
                </span>
                <span className={styles.second}>
                  {event.seq !== undefined && <span className={styles.seq}>#{event.seq}</span>}
                  {event.conversationId && <span title={event.conversationId}>{shortId(event.conversationId)}</span>}
                  {sender && <span className={styles.sender}>{sender.name}</span>}
                  {event.text && <span className={styles.text}>{event.text}</span>}
                </span>
              </span>
            </Button>
            <DisclosurePanel className={styles.panel}>{isExpanded && <JsonView value={event.event} />}</DisclosurePanel>
          </>
        )}
      </Disclosure>
    </li>
  )
})

const toTheMillisecond = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hour12: false,
})
