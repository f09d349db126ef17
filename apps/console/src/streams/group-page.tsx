import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useMemo, useState } from 'react'
import type { GroupDetail, GroupMember, GroupOffset } from '../api/streams-port.ts'
import { IconButton } from '../ui/button.tsx'
import { ChevronIcon, ClearIcon, GroupIcon } from '../ui/icons.tsx'
import { Notice } from '../ui/notice.tsx'
import { ProblemStrip } from '../ui/problem-strip.tsx'
import { RowSkeletons } from '../ui/skeleton.tsx'
import { Tag } from '../ui/tag.tsx'
import { Bar } from './bar.tsx'
import { DeleteGroupDialog } from './delete-group-dialog.tsx'
import page from './detail-page.module.css'
import { explainStreams } from './explain-streams.ts'
import { formatCount } from './figures.ts'
import { isEmptyGroup, stateOf } from './group-words.ts'
import { ListProblem } from './list-page.tsx'
import { useGroup } from './streams-queries.ts'
import styles from './table.module.css'

const route = getRouteApi('/shell/streams/groups/$group')

/** One consumer group: who is in it, and how far behind it is. */
export function GroupPage(): ReactNode {
  const { group: id } = route.useParams()
  const group = useGroup(id)
  if (group.isError && !group.data) {
    const problem = explainStreams(group.error)
    const retry = (): void => void group.refetch()
    if (problem.code !== 'not_found') return <ListProblem problem={problem} onRetry={retry} />
    const missing = { ...problem, title: `There is no group ${id}.`, advice: 'It may have expired or been deleted.' }
    return <ListProblem problem={missing} onRetry={retry} action={<Link to="/streams/groups">See all groups</Link>} />
  }
  return (
    <section className={page.page} aria-label={`Group ${id}`}>
      <GroupHead id={id} group={group.data} />
      {group.isError && <ProblemStrip problem={explainStreams(group.error)} onRetry={() => void group.refetch()} />}
      {group.data ? (
        <div className={`${page.scroll} ${page.spaced}`}>
          <Offsets group={group.data} />
          <Members members={group.data.members} />
        </div>
      ) : (
        <RowSkeletons rows={6} label="Loading the group" />
      )}
    </section>
  )
}

function GroupHead({ id, group }: { readonly id: string; readonly group: GroupDetail | undefined }): ReactNode {
  const [isDeleting, setDeleting] = useState(false)
  const state = group && stateOf(group.state)
  return (
    <header className={page.head}>
      <div className={page.titles}>
        <p className={page.trail}>
          <Link to="/streams/groups">Consumer groups</Link>
          <ChevronIcon size={12} />
        </p>
        <h1 className={page.title}>
          <span className={page.titleText}>{id}</span>
          {state && (
            <Tag tone={state.tone} title={state.about}>
              {state.text}
            </Tag>
          )}
        </h1>
        <p className={page.figures} role="status">
          {group ? figuresOf(group) : '\u00a0'}
        </p>
      </div>
      {group && (
        <IconButton
          label={isEmptyGroup(group.state) ? 'Delete the group' : 'A group with members can’t be deleted'}
          isDisabled={!isEmptyGroup(group.state)}
          onPress={() => setDeleting(true)}
        >
          <ClearIcon size={17} />
        </IconButton>
      )}
      {isDeleting && <DeleteGroupDialog id={id} onClose={() => setDeleting(false)} />}
    </header>
  )
}

const figuresOf = ({ members, lag, protocol }: GroupDetail): string =>
  [
    `${formatCount(members.length)} ${members.length === 1 ? 'member' : 'members'}`,
    lag === 0 ? 'caught up' : `${formatCount(lag)} ${lag === 1 ? 'record' : 'records'} behind`,
    `${protocol} protocol`,
  ].join(' · ')

function Offsets({ group }: { readonly group: GroupDetail }): ReactNode {
  const topics = useMemo(() => byTopic(group.offsets), [group.offsets])
  const most = Math.max(0, ...group.offsets.map(({ lag }) => lag ?? 0))
  const clients = new Map(group.members.map(({ memberId, clientId }) => [memberId, clientId]))
  if (topics.length === 0) {
    return (
      <Notice icon={<GroupIcon size={22} />} title="Nothing committed yet">
        How far the group has read shows here once a member commits an offset.
      </Notice>
    )
  }
  return topics.map(({ topic, offsets, lag }) => (
    <section key={topic} className={styles.block} aria-label={`Lag on ${topic}`}>
      <h2 className={styles.section}>
        <Link to="/streams/topics/$topic" params={{ topic }}>
          {topic}
        </Link>
        <span className={styles.summary}>{lag === 0 ? 'caught up' : `${formatCount(lag)} behind`}</span>
      </h2>
      <div className={styles.card}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th className={styles.number}>Partition</th>
              <th className={styles.number}>Committed</th>
              <th className={styles.number}>End</th>
              <th className={styles.number}>Lag</th>
              <th>
                <span className="for-screen-readers">Lag beside the others’</span>
              </th>
              <th className={styles.optional}>Member</th>
            </tr>
          </thead>
          <tbody>
            {offsets.map(({ partition, committed, end, lag, memberId }) => (
              <tr key={partition}>
                <td className={styles.number}>
                  <Link to="/streams/topics/$topic" params={{ topic }} search={searchAt(partition, committed)}>
                    {partition}
                  </Link>
                </td>
                <td className={styles.number}>
                  {committed === null ? <span className={styles.faint}>none</span> : formatCount(committed)}
                </td>
                <td className={styles.number}>{formatCount(end)}</td>
                <td className={styles.number}>
                  {lag === null ? <span className={styles.faint}>–</span> : formatCount(lag)}
                </td>
                <td style={{ width: '30%' }}>
                  <Bar value={lag ?? 0} of={most} tone="warn" />
                </td>
                <td className={`${styles.optional} ${styles.soft}`} title={memberId ?? undefined}>
                  {memberId === null ? (
                    <span className={styles.faint}>nobody</span>
                  ) : (
                    <>
                      {clients.get(memberId) ?? 'unknown'} <span className={styles.words}>…{memberId.slice(-6)}</span>
                    </>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  ))
}

/** The records that the group reads next. */
const searchAt = (partition: number, committed: number | null): { partition: number; from?: number } => ({
  partition,
  ...(committed !== null && { from: committed }),
})

function Members({ members }: { readonly members: readonly GroupMember[] }): ReactNode {
  return (
    <section className={styles.block} aria-label="Members">
      <h2 className={styles.section}>Members</h2>
      {members.length === 0 ? (
        <p className={styles.advice}>
          Nobody is connected. A consumer that joins goes on at the committed offsets above.
        </p>
      ) : (
        <div className={styles.card}>
          <table className={styles.table}>
            <thead>
              <tr>
                <th>Client</th>
                <th className={styles.optional}>Host</th>
                <th>Reads</th>
              </tr>
            </thead>
            <tbody>
              {members.map((member) => (
                <MemberRow key={member.memberId} member={member} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

function MemberRow({
  member: { memberId, clientId, clientHost, instanceId, assigned },
}: {
  member: GroupMember
}): ReactNode {
  return (
    <tr>
      <td>
        <span className={styles.member}>
          <span>
            <strong>{clientId}</strong>{' '}
            {instanceId && (
              <Tag title="A static member: it may leave for a while and keep its partitions">{instanceId}</Tag>
            )}
          </span>
          <span className={`${styles.mono} ${styles.faint}`}>{memberId}</span>
        </span>
      </td>
      <td className={`${styles.optional} ${styles.mono} ${styles.soft}`}>{clientHost}</td>
      <td>
        <span className={styles.chips}>
          {assigned.length === 0 && <span className={styles.faint}>no partitions</span>}
          {assigned.map(({ topic, partitions }) => (
            <Tag key={topic} tone="accent">
              {topic} {partitions.join(', ')}
            </Tag>
          ))}
        </span>
      </td>
    </tr>
  )
}

interface TopicOffsets {
  readonly topic: string
  readonly offsets: readonly GroupOffset[]
  readonly lag: number
}

/** By name, so that nothing moves while figures change. */
function byTopic(offsets: readonly GroupOffset[]): readonly TopicOffsets[] {
  return [...Map.groupBy(offsets, ({ topic }) => topic)]
    .map(([topic, offsets]) => ({
      topic,
      offsets: offsets.toSorted((a, b) => a.partition - b.partition),
      lag: offsets.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
    }))
    .toSorted((a, b) => a.topic.localeCompare(b.topic))
}
