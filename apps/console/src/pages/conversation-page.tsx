import { type ReactNode, useMemo } from 'react'
import type { Session } from '../api/session.ts'
import { useSession } from '../api/use-session.ts'
import { ChatPane } from '../chat/chat-pane.tsx'
import type { Member } from '../chat/member.ts'
import { OfflineBanner } from '../chat/offline-banner.tsx'
import { EventsPanel } from '../events/events-panel.tsx'
import { phoneQuery, useMediaQuery } from '../ui/use-media-query.ts'
import styles from './conversation-page.module.css'
import { ConversationTabs } from './conversation-tabs.tsx'
import { type Live, useLive } from './use-live.ts'

/** Two people side by side, and the events that their words leave. */
export function ConversationPage(): ReactNode {
  const pair = useSession()?.pair
  const live = useLive(pair)
  const members = useMemo(() => membersOf(pair), [pair])
  const phone = useMediaQuery(phoneQuery)
  if (!live || !members) return undefined
  return (
    <div className={styles.page}>
      <h1 className="for-screen-readers">
        {members[0].name} and {members[1].name}
      </h1>
      <OfflineBanner conversation={live.conversations[0]} />
      {phone ? <ConversationTabs live={live} members={members} /> : <SideBySide live={live} members={members} />}
    </div>
  )
}

interface SideBySideProps {
  readonly live: Live
  readonly members: readonly [Member, Member]
}

function SideBySide({ live, members }: SideBySideProps): ReactNode {
  const [first, second] = members
  return (
    <div className={styles.panes}>
      <ChatPane conversation={live.conversations[0]} me={first} other={second} alone={false} />
      <ChatPane conversation={live.conversations[1]} me={second} other={first} alone={false} />
      <EventsPanel events={live.events} members={members} />
    </div>
  )
}

function membersOf(pair: Session['pair']): readonly [Member, Member] | undefined {
  if (!pair) return undefined
  const [first, second] = pair.people
  return [
    { id: first.id, name: first.name, tone: 'sea' },
    { id: second.id, name: second.name, tone: 'clay' },
  ]
}
