import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import type { TopicDetail } from '../api/streams-port.ts'
import { Button, IconButton } from '../ui/button.tsx'
import { ChevronIcon, ClearIcon, SendIcon } from '../ui/icons.tsx'
import { RowSkeletons } from '../ui/skeleton.tsx'
import { Tag } from '../ui/tag.tsx'
import { DeleteTopicDialog } from './delete-topic-dialog.tsx'
import styles from './detail-page.module.css'
import { explainStreams } from './explain-streams.ts'
import { bytesOf, formatBytes, formatCount, recordsOf } from './figures.ts'
import { ListProblem } from './list-page.tsx'
import { PartitionsTab } from './partitions-tab.tsx'
import { isPlatformTopic } from './platform-topic.ts'
import { ProduceDialog } from './produce-dialog.tsx'
import { MessagesTab } from './records/messages-tab.tsx'
import { SettingsTab } from './settings-tab.tsx'
import { useTopic } from './streams-queries.ts'
import type { TopicTab } from './topic-search.ts'

const route = getRouteApi('/shell/streams/topics/$topic')

/** One topic: its messages, its partitions, its settings. */
export function TopicPage(): ReactNode {
  const { topic: name } = route.useParams()
  const { tab = 'messages' } = route.useSearch()
  const topic = useTopic(name)
  if (topic.isError && !topic.data) {
    const problem = explainStreams(topic.error)
    const retry = (): void => void topic.refetch()
    if (problem.code !== 'not_found') return <ListProblem problem={problem} onRetry={retry} />
    const missing = { ...problem, title: `There is no topic ${name}.`, advice: 'It may have been deleted.' }
    return <ListProblem problem={missing} onRetry={retry} action={<Link to="/streams/topics">See all topics</Link>} />
  }
  return (
    // Another topic is another page: nothing of the one before stays.
    <section key={name} className={styles.page} aria-label={`Topic ${name}`}>
      <TopicHead name={name} topic={topic.data} />
      <TopicTabs name={name} tab={tab} />
      {topic.data ? <TabContent topic={topic.data} tab={tab} /> : <RowSkeletons rows={6} label="Loading the topic" />}
    </section>
  )
}

function TopicHead({ name, topic }: { readonly name: string; readonly topic: TopicDetail | undefined }): ReactNode {
  const [open, setOpen] = useState<'delete' | 'produce'>()
  const isPlatform = isPlatformTopic(name)
  return (
    <header className={styles.head}>
      <div className={styles.titles}>
        <p className={styles.trail}>
          <Link to="/streams/topics">Topics</Link>
          <ChevronIcon size={12} />
        </p>
        <h1 className={styles.title}>
          <span className={styles.titleText}>{name}</span>
          {isPlatform && <Tag tone="accent">Platform</Tag>}
          {topic && isCompacted(topic) && <Tag>Compacted</Tag>}
        </h1>
        <p className={styles.figures}>{topic ? figuresOf(topic) : '\u00a0'}</p>
      </div>
      {!isPlatform && (
        <div className={styles.actions}>
          <Button onPress={() => setOpen('produce')}>
            <SendIcon size={15} />
            Produce
          </Button>
          <IconButton label="Delete the topic" onPress={() => setOpen('delete')}>
            <ClearIcon size={17} />
          </IconButton>
        </div>
      )}
      {open === 'delete' && <DeleteTopicDialog name={name} topic={topic} onClose={() => setOpen(undefined)} />}
      {open === 'produce' && topic && <ProduceDialog topic={topic} onClose={() => setOpen(undefined)} />}
    </header>
  )
}

const tabs: readonly { readonly id: TopicTab; readonly text: string }[] = [
  { id: 'messages', text: 'Messages' },
  { id: 'partitions', text: 'Partitions' },
  { id: 'settings', text: 'Settings' },
]

/** Each tab has an address of its own. */
function TopicTabs({ name, tab }: { readonly name: string; readonly tab: TopicTab }): ReactNode {
  return (
    <nav className={styles.tabs} aria-label="Topic">
      {tabs.map(({ id, text }) => (
        <Link
          key={id}
          to="/streams/topics/$topic"
          params={{ topic: name }}
          search={id === 'messages' ? {} : { tab: id }}
          className={styles.tab}
          aria-current={tab === id ? 'page' : undefined}
          data-chosen={tab === id || undefined}
        >
          {text}
        </Link>
      ))}
    </nav>
  )
}

function TabContent({ topic, tab }: { readonly topic: TopicDetail; readonly tab: TopicTab }): ReactNode {
  if (tab === 'partitions') return <PartitionsTab topic={topic} />
  if (tab === 'settings') return <SettingsTab topic={topic} />
  return <MessagesTab topic={topic} />
}

const isCompacted = ({ settings }: TopicDetail): boolean =>
  settings.some(({ name, value }) => name === 'cleanup.policy' && value?.includes('compact'))

function figuresOf({ partitions, bounds }: TopicDetail): string {
  const records = recordsOf(bounds)
  return [
    `${formatCount(partitions)} ${partitions === 1 ? 'partition' : 'partitions'}`,
    `${formatCount(records)} ${records === 1 ? 'record' : 'records'}`,
    formatBytes(bytesOf(bounds)),
  ].join(' · ')
}
