import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { backend } from '../api/connect.ts'
import { explain } from '../api/explain.ts'
import type { User } from '../api/ports.ts'
import type { Session } from '../api/session.ts'
import { openPair } from '../api/sign-in.ts'
import { sessions, useSession } from '../api/use-session.ts'
import { Button } from '../ui/button.tsx'
import { WarningIcon } from '../ui/icons.tsx'
import { Notice } from '../ui/notice.tsx'
import { RowSkeletons } from '../ui/skeleton.tsx'
import { NewPersonForm } from './new-person-form.tsx'
import { choose } from './pair-choice.ts'
import { PeopleList } from './people-list.tsx'
import styles from './people-page.module.css'

/** Whom the tenant has, and which two of them should talk. */
export function PeoplePage(): ReactNode {
  const session = useSession()
  if (!session) return undefined
  return (
    <div className={styles.page}>
      <header>
        <h1 className={styles.title}>Who should talk?</h1>
        <p className={styles.lead}>
          Choose two people of {session.tenantName ?? 'the tenant'}. Each gets a short-lived token and a connection of
          their own.
        </p>
      </header>
      <People session={session} />
    </div>
  )
}

function People({ session }: { readonly session: Session }): ReactNode {
  const tenant = backend.tenant(session.apiKey)
  const [chosen, setChosen] = useState<readonly string[]>(() => session.pair?.people.map(({ id }) => id) ?? [])
  const users = useInfiniteQuery({
    queryKey: ['users', session.apiKey],
    queryFn: ({ pageParam }) => tenant.users(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
  })
  const listed = users.data?.pages.flatMap((page) => page.data) ?? []

  if (users.isPending) return <RowSkeletons rows={4} label="Loading people" />
  if (users.isError) {
    const { title, advice } = explain(users.error)
    return (
      <Notice
        kind="problem"
        icon={<WarningIcon size={22} />}
        title={title}
        action={<Button onPress={() => void users.refetch()}>Try again</Button>}
      >
        {advice}
      </Notice>
    )
  }
  return (
    <>
      <PeopleList users={listed} chosen={chosen} onChoose={(id) => setChosen(choose(chosen, id))} />
      {users.hasNextPage && (
        <Button look="quiet" isPending={users.isFetchingNextPage} onPress={() => void users.fetchNextPage()}>
          Show more people
        </Button>
      )}
      <NewPersonForm
        tenant={tenant}
        onMade={async (user) => {
          await users.refetch()
          setChosen(choose(chosen, user.id))
        }}
      />
      <OpenConversation session={session} people={listed.filter(({ id }) => chosen.includes(id))} />
    </>
  )
}

function OpenConversation({
  session,
  people,
}: {
  readonly session: Session
  readonly people: readonly User[]
}): ReactNode {
  const navigate = useNavigate()
  const [first, second] = people
  const open = useMutation({
    mutationFn: ([first, second]: readonly [User, User]) => openPair(backend.tenant(session.apiKey), first, second),
    onSuccess: (pair) => {
      sessions.set({ ...session, pair })
      void navigate({ to: '/' })
    },
  })
  const problem = open.error ? explain(open.error) : undefined
  return (
    <div className={styles.open}>
      <p className={styles.hint} role="status">
        {problem ? `${problem.title} ${problem.advice}` : hintOf(people.length)}
      </p>
      <Button
        look="primary"
        size="large"
        isDisabled={!first || !second}
        isPending={open.isPending}
        onPress={() => first && second && open.mutate([first, second])}
      >
        {open.isPending ? 'Opening…' : 'Open the conversation'}
      </Button>
    </div>
  )
}

const hintOf = (chosen: number): string =>
  chosen === 0 ? 'Choose two people.' : chosen === 1 ? 'Choose one more.' : 'Ready. A pair always has one conversation.'
