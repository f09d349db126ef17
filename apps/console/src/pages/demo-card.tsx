import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { backend } from '../api/connect.ts'
import { explain } from '../api/explain.ts'
import type { Session } from '../api/session.ts'
import { demoSession } from '../api/sign-in.ts'
import { Button } from '../ui/button.tsx'
import { ArrowRightIcon } from '../ui/icons.tsx'
import styles from './sign-in-card.module.css'

export function DemoCard({ onEnter }: { readonly onEnter: (session: Session) => void }): ReactNode {
  const demo = useMutation({
    mutationFn: () => backend.demo(),
    onSuccess: (found) => {
      if (found) onEnter(demoSession(found))
    },
  })
  const missing = demo.isSuccess && demo.data === undefined
  const problem = demo.error ? explain(demo.error) : undefined
  return (
    <div className={styles.card}>
      <h2 className={styles.title}>Try the demo</h2>
      <p className={styles.text}>Asha and Ben of the demo tenant are waiting. Nothing to set up.</p>
      <Button look="primary" size="large" wide isPending={demo.isPending} onPress={() => demo.mutate()}>
        {demo.isPending ? 'Opening the demo…' : 'Try the demo'}
        <ArrowRightIcon />
      </Button>
      <div role="status">
        {missing && (
          <p className={styles.note}>
            <strong>There is no demo here.</strong> A server has one only in development mode, opened under a loopback
            address such as <code>localhost</code>. Sign in with an API key instead.
          </p>
        )}
        {problem && (
          <p className={styles.note} data-kind="problem">
            <strong>{problem.title}</strong> {problem.advice}
          </p>
        )}
      </div>
    </div>
  )
}
