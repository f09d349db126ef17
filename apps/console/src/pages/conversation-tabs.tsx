import { type ReactNode, useState } from 'react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components/Tabs'
import { ChatPane } from '../chat/chat-pane.tsx'
import type { LiveConversation } from '../chat/live-conversation.ts'
import type { Member } from '../chat/member.ts'
import { unreadCount } from '../chat/timeline.ts'
import { useConversation } from '../chat/use-conversation.ts'
import { EventsPanel } from '../events/events-panel.tsx'
import styles from './conversation-tabs.module.css'
import type { Live } from './use-live.ts'

interface ConversationTabsProps {
  readonly live: Live
  readonly members: readonly [Member, Member]
}

/** Where only one pane fits: the panes as tabs. Hidden ones stay in place, with what was being written in them. */
export function ConversationTabs({ live, members }: ConversationTabsProps): ReactNode {
  const [selected, setSelected] = useState<string>(members[0].id)
  const [first, second] = members
  const panes = [
    { me: first, other: second, conversation: live.conversations[0] },
    { me: second, other: first, conversation: live.conversations[1] },
  ]
  return (
    <Tabs className={styles.tabs} selectedKey={selected} onSelectionChange={(key) => setSelected(String(key))}>
      <TabList className={styles.list} aria-label="Panes">
        {panes.map(({ me, conversation }) => (
          <Tab key={me.id} id={me.id} className={styles.tab} data-tone={me.tone}>
            {me.name}
            <Unread conversation={conversation} />
          </Tab>
        ))}
        <Tab id="events" className={styles.tab}>
          Events
        </Tab>
      </TabList>
      {panes.map(({ me, other, conversation }) => (
        <TabPanel key={me.id} id={me.id} shouldForceMount className={styles.panel}>
          <ChatPane conversation={conversation} me={me} other={other} alone={selected === me.id} />
        </TabPanel>
      ))}
      <TabPanel id="events" className={styles.panel}>
        <EventsPanel events={live.events} members={members} />
      </TabPanel>
    </Tabs>
  )
}

function Unread({ conversation }: { readonly conversation: LiveConversation }): ReactNode {
  const unread = unreadCount(useConversation(conversation).timeline)
  if (unread === 0) return undefined
  return (
    <span className={styles.unread}>
      {unread > 99 ? '99+' : unread}
      <span className="for-screen-readers"> unread</span>
    </span>
  )
}
