import type { ReactNode } from 'react'
import { ConnectionBadge } from '../ui/connection-badge.tsx'
import type { Member } from '../chat/member.ts'
import { Button, IconButton } from '../ui/button.tsx'
import { ClearIcon, PauseIcon, PlayIcon, StreamIcon, WarningIcon } from '../ui/icons.tsx'
import { Notice } from '../ui/notice.tsx'
import { ProblemStrip } from '../ui/problem-strip.tsx'
import { useStore } from '../ui/use-store.ts'
import { EventRow } from './event-row.tsx'
import styles from './events-panel.module.css'
import type { EventsView, LiveEvents } from './live-events.ts'

interface EventsPanelProps {
  readonly events: LiveEvents
  /** To show names instead of ids. */
  readonly members: readonly Member[]
}

/** The tenant's event stream as it runs, newest first. */
export function EventsPanel({ events, members }: EventsPanelProps): ReactNode {
  const view = useStore(events)
  const { paused, shown, waiting } = view.buffer
  return (
    <section className={styles.panel} aria-label="Live events">
      <header className={styles.header}>
        <div className={styles.titles}>
          <h2 className={styles.title}>Live events</h2>
          <p className={styles.topic}>koine.messages</p>
        </div>
        <ConnectionBadge status={view.status} />
        <span className={styles.controls}>
          <IconButton
            label={paused ? 'Resume' : 'Pause'}
            onPress={() => events.change({ type: paused ? 'resumed' : 'paused' })}
          >
            {paused ? <PlayIcon size={16} /> : <PauseIcon size={16} />}
          </IconButton>
          <IconButton
            label="Clear the list"
            isDisabled={shown.length + waiting.length === 0}
            onPress={() => events.change({ type: 'cleared' })}
          >
            <ClearIcon size={16} />
          </IconButton>
        </span>
      </header>
      {paused && (
        <Button look="quiet" wide onPress={() => events.change({ type: 'resumed' })}>
          Paused, {waiting.length === 0 ? 'nothing new' : `${waiting.length} new`} · resume
        </Button>
      )}
      <EventList events={events} view={view} members={members} />
    </section>
  )
}

interface EventListProps extends EventsPanelProps {
  readonly view: EventsView
}

function EventList({ events, view, members }: EventListProps): ReactNode {
  const { dropped, shown } = view.buffer
  if (view.problem && shown.length === 0) {
    return (
      <Notice
        kind="problem"
        icon={<WarningIcon size={22} />}
        title={view.problem.title}
        action={<Button onPress={() => void events.follow()}>Try again</Button>}
      >
        {view.problem.advice}
      </Notice>
    )
  }
  if (shown.length === 0) {
    return (
      <Notice icon={<StreamIcon size={22} />} title="Waiting for events">
        Each message commits together with its event. Send one and see it arrive here.
      </Notice>
    )
  }
  return (
    <>
      {view.problem && <ProblemStrip problem={view.problem} onRetry={() => void events.follow()} />}
      <div className={styles.scroll}>
        <ol className={styles.list}>
          {shown.map((event) => (
            <EventRow key={event.key} event={event} members={members} />
          ))}
        </ol>
        {dropped > 0 && <p className={styles.dropped}>{dropped.toLocaleString()} older events left the list.</p>}
      </div>
    </>
  )
}
