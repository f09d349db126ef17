import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { type ReactNode, useMemo, useState } from 'react'
import type { Topic } from '../api/streams-port.ts'
import { Button } from '../ui/button.tsx'
import { ChevronIcon, PlusIcon, SearchIcon, TopicIcon } from '../ui/icons.tsx'
import { Notice } from '../ui/notice.tsx'
import { ProblemStrip } from '../ui/problem-strip.tsx'
import { RowSkeletons } from '../ui/skeleton.tsx'
import { Tag } from '../ui/tag.tsx'
import { useMediaQuery } from '../ui/use-media-query.ts'
import { VirtualList } from '../ui/virtual-list.tsx'
import { explainStreams } from './explain-streams.ts'
import { bytesOf, formatAgo, formatBytes, formatCount, formatDay, formatShort, recordsOf } from './figures.ts'
import styles from './list-page.module.css'
import { ListHead, ListProblem, PendingFigure } from './list-page.tsx'
import { NewTopicDialog } from './new-topic-dialog.tsx'
import { isPlatformTopic } from './platform-topic.ts'
import { useTopic, useTopics } from './streams-queries.ts'

const route = getRouteApi('/shell/streams/topics')

/** Where a row has room for one line only; the style sheet has the same width. */
export const narrowQuery = '(max-width: 899px)'

export function TopicsPage(): ReactNode {
  const topics = useTopics()
  const { q = '' } = route.useSearch()
  const navigate = useNavigate()
  const [isMaking, setMaking] = useState(false)
  const search = (text: string): void =>
    void navigate({ to: '/streams/topics', search: text === '' ? {} : { q: text }, replace: true })
  return (
    <div className={styles.page}>
      <ListHead title="Topics" count={topics.data?.length} search={q} onSearch={search} searchLabel="Find a topic">
        <Button look="primary" onPress={() => setMaking(true)}>
          <PlusIcon size={16} />
          New topic
        </Button>
      </ListHead>
      {topics.isPending && <RowSkeletons rows={5} label="Loading topics" />}
      {topics.isError && topics.data && (
        <ProblemStrip problem={explainStreams(topics.error)} onRetry={() => void topics.refetch()} />
      )}
      {topics.isError && !topics.data && (
        <ListProblem problem={explainStreams(topics.error)} onRetry={() => void topics.refetch()} />
      )}
      {topics.data && <TopicList topics={topics.data} search={q} onClear={() => search('')} />}
      {isMaking && <NewTopicDialog onClose={() => setMaking(false)} />}
    </div>
  )
}

interface TopicListProps {
  readonly topics: readonly Topic[]
  readonly search: string
  readonly onClear: () => void
}

function TopicList({ topics, search, onClear }: TopicListProps): ReactNode {
  const isNarrow = useMediaQuery(narrowQuery)
  const found = useMemo(() => ordered(topics, search), [topics, search])
  if (topics.length === 0) {
    return (
      <Notice icon={<TopicIcon size={22} />} title="No topics yet">
        Make one here, or let a Kafka client make it.
      </Notice>
    )
  }
  if (found.length === 0) {
    return (
      <Notice
        icon={<SearchIcon size={22} />}
        title={`No topic has “${search}” in its name`}
        action={<Button onPress={onClear}>Show all topics</Button>}
      />
    )
  }
  return (
    <div className={styles.card}>
      <div className={styles.columns} data-kind="topics" aria-hidden="true">
        <span>Name</span>
        <span className={styles.number}>Partitions</span>
        <span className={styles.number}>Records</span>
        <span className={styles.number}>Size</span>
        <span className={styles.number}>Created</span>
      </div>
      <VirtualList
        label="Topics"
        items={found}
        keyOf={({ name }) => name}
        rowPx={isNarrow ? 60 : 46}
        row={(topic) => <TopicRow topic={topic} />}
      />
    </div>
  )
}

function TopicRow({ topic: { name, partitions, createdAt } }: { readonly topic: Topic }): ReactNode {
  return (
    <Link to="/streams/topics/$topic" params={{ topic: name }} className={styles.row} data-kind="topics">
      <span className={styles.name}>
        <span className={styles.nameText}>{name}</span>
        {isPlatformTopic(name) && (
          <Tag tone="accent" title="Koine writes it; clients read it">
            Platform
          </Tag>
        )}
      </span>
      <span className={styles.figures}>
        <span className={styles.number}>
          {formatCount(partitions)} <span className={styles.unit}>{partitions === 1 ? 'partition' : 'partitions'}</span>
        </span>
        <TopicFigures name={name} />
      </span>
      <span className={`${styles.number} ${styles.soft} ${styles.wide}`} title={formatDay(createdAt)}>
        {formatAgo(createdAt, Date.now())}
      </span>
      <span className={styles.chevron}>
        <ChevronIcon size={14} />
      </span>
    </Link>
  )
}

/** What only the topic itself knows; asked for when its row comes into sight. */
function TopicFigures({ name }: { readonly name: string }): ReactNode {
  const { data, isError } = useTopic(name)
  const pending = isError ? '–' : <PendingFigure />
  return (
    <>
      <span className={styles.number}>
        {data ? formatShort(recordsOf(data.bounds)) : pending}{' '}
        <span className={styles.unit}>{data && recordsOf(data.bounds) === 1 ? 'record' : 'records'}</span>
      </span>
      <span className={styles.number}>{data ? formatBytes(bytesOf(data.bounds)) : pending}</span>
    </>
  )
}

/** The tenant's own topics first, then the platform's; each by name. */
function ordered(topics: readonly Topic[], search: string): readonly Topic[] {
  const wanted = search.trim().toLowerCase()
  return topics
    .filter(({ name }) => name.toLowerCase().includes(wanted))
    .toSorted(
      (a, b) => Number(isPlatformTopic(a.name)) - Number(isPlatformTopic(b.name)) || a.name.localeCompare(b.name),
    )
}
