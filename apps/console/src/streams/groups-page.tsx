import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { type ReactNode, useMemo } from 'react'
import type { Group } from '../api/streams-port.ts'
import { Button } from '../ui/button.tsx'
import { ChevronIcon, GroupIcon, SearchIcon } from '../ui/icons.tsx'
import { Notice } from '../ui/notice.tsx'
import { ProblemStrip } from '../ui/problem-strip.tsx'
import { RowSkeletons } from '../ui/skeleton.tsx'
import { Tag } from '../ui/tag.tsx'
import { useMediaQuery } from '../ui/use-media-query.ts'
import { VirtualList } from '../ui/virtual-list.tsx'
import { explainStreams } from './explain-streams.ts'
import { formatCount } from './figures.ts'
import { stateOf } from './group-words.ts'
import styles from './list-page.module.css'
import { ListHead, ListProblem, PendingFigure } from './list-page.tsx'
import { useGroup, useGroups } from './streams-queries.ts'
import { narrowQuery } from './topics-page.tsx'

const route = getRouteApi('/shell/streams/groups')

export function GroupsPage(): ReactNode {
  const groups = useGroups()
  const { q = '' } = route.useSearch()
  const navigate = useNavigate()
  const search = (text: string): void =>
    void navigate({ to: '/streams/groups', search: text === '' ? {} : { q: text }, replace: true })
  return (
    <div className={styles.page}>
      <ListHead
        title="Consumer groups"
        count={groups.data?.length}
        search={q}
        onSearch={search}
        searchLabel="Find a group"
      />
      {groups.isPending && <RowSkeletons rows={4} label="Loading consumer groups" />}
      {groups.isError && groups.data && (
        <ProblemStrip problem={explainStreams(groups.error)} onRetry={() => void groups.refetch()} />
      )}
      {groups.isError && !groups.data && (
        <ListProblem problem={explainStreams(groups.error)} onRetry={() => void groups.refetch()} />
      )}
      {groups.data && <GroupList groups={groups.data} search={q} onClear={() => search('')} />}
    </div>
  )
}

interface GroupListProps {
  readonly groups: readonly Group[]
  readonly search: string
  readonly onClear: () => void
}

function GroupList({ groups, search, onClear }: GroupListProps): ReactNode {
  const isNarrow = useMediaQuery(narrowQuery)
  const found = useMemo(() => {
    const wanted = search.trim().toLowerCase()
    return groups.filter(({ id }) => id.toLowerCase().includes(wanted)).toSorted((a, b) => a.id.localeCompare(b.id))
  }, [groups, search])
  if (groups.length === 0) {
    return (
      <Notice icon={<GroupIcon size={22} />} title="No consumer groups yet">
        A group appears when a Kafka client joins it or commits an offset, with its members and how far behind they are.
      </Notice>
    )
  }
  if (found.length === 0) {
    return (
      <Notice
        icon={<SearchIcon size={22} />}
        title={`No group has “${search}” in its name`}
        action={<Button onPress={onClear}>Show all groups</Button>}
      />
    )
  }
  return (
    <div className={styles.card}>
      <div className={styles.columns} data-kind="groups" aria-hidden="true">
        <span>Group</span>
        <span>State</span>
        <span>Protocol</span>
        <span className={styles.number}>Members</span>
        <span className={styles.number}>Lag</span>
      </div>
      <VirtualList
        label="Consumer groups"
        items={found}
        keyOf={({ id }) => id}
        rowPx={isNarrow ? 60 : 46}
        row={(group) => <GroupRow group={group} />}
      />
    </div>
  )
}

function GroupRow({ group: { id, state, protocol, members } }: { readonly group: Group }): ReactNode {
  const { text, tone, about } = stateOf(state)
  return (
    <Link to="/streams/groups/$group" params={{ group: id }} className={styles.row} data-kind="groups">
      <span className={styles.name}>
        <span className={styles.nameText}>{id}</span>
      </span>
      <span className={styles.figures}>
        <span>
          <Tag tone={tone} title={about}>
            {text}
          </Tag>
        </span>
        <span className={`${styles.soft} ${styles.wide}`}>{protocol}</span>
        <span className={styles.number}>
          {formatCount(members)} <span className={styles.unit}>{members === 1 ? 'member' : 'members'}</span>
        </span>
        <span className={styles.number}>
          <TotalLag id={id} /> <span className={styles.unit}>behind</span>
        </span>
      </span>
      <span className={styles.chevron}>
        <ChevronIcon size={14} />
      </span>
    </Link>
  )
}

/** What only the group itself knows; asked for while its row is in sight. */
function TotalLag({ id }: { readonly id: string }): ReactNode {
  const { data, isError } = useGroup(id)
  if (data) return formatCount(data.lag)
  return isError ? '–' : <PendingFigure />
}
