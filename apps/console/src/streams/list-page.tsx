import type { ReactNode } from 'react'
import type { Explained } from '../api/explain.ts'
import { Button } from '../ui/button.tsx'
import { SearchIcon, WarningIcon } from '../ui/icons.tsx'
import { Notice } from '../ui/notice.tsx'
import styles from './list-page.module.css'

interface ListHeadProps {
  readonly title: string
  /** Undefined while it isn't known. */
  readonly count: number | undefined
  readonly search: string
  readonly onSearch: (text: string) => void
  readonly searchLabel: string
  readonly children?: ReactNode
}

export function ListHead({ title, count, search, onSearch, searchLabel, children }: ListHeadProps): ReactNode {
  return (
    <header className={styles.head}>
      <h1 className={styles.title}>
        {title}
        {count !== undefined && <span className={styles.count}>{count}</span>}
      </h1>
      <label className={styles.search}>
        <SearchIcon size={16} />
        <span className="for-screen-readers">{searchLabel}</span>
        <input
          type="search"
          placeholder={searchLabel}
          spellCheck={false}
          value={search}
          onChange={(event) => onSearch(event.target.value)}
        />
      </label>
      {children}
    </header>
  )
}

interface ListProblemProps {
  readonly problem: Explained
  readonly onRetry: () => void
  /** What to do in place of asking again. */
  readonly action?: ReactNode
}

/** Why there is nothing to show, and the way to ask again. */
export function ListProblem({ problem, onRetry, action }: ListProblemProps): ReactNode {
  return (
    <Notice
      kind="problem"
      icon={<WarningIcon size={22} />}
      title={problem.title}
      action={action ?? <Button onPress={onRetry}>Try again</Button>}
    >
      {problem.advice}
    </Notice>
  )
}

/** A figure that is still on its way. */
export function PendingFigure(): ReactNode {
  return <span className={styles.pending} aria-label="loading" />
}
