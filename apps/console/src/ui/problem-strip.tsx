import type { ReactNode } from 'react'
import type { Explained } from '../api/explain.ts'
import { Button } from './button.tsx'
import { WarningIcon } from './icons.tsx'
import styles from './problem-strip.module.css'

interface ProblemStripProps {
  readonly problem: Explained
  readonly onRetry: () => void
}

/** What went wrong beside content that is still worth seeing. */
export function ProblemStrip({ problem, onRetry }: ProblemStripProps): ReactNode {
  return (
    <div className={styles.strip} role="alert">
      <WarningIcon size={16} />
      <p className={styles.text}>
        <strong>{problem.title}</strong> {problem.advice}
      </p>
      <Button look="quiet" onPress={onRetry}>
        Try again
      </Button>
    </div>
  )
}
