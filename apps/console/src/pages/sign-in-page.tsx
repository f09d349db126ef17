import { getRouteApi, useNavigate, useRouter } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Session } from '../api/session.ts'
import { sessions } from '../api/use-session.ts'
import { ThemeToggle } from '../theme/theme-toggle.tsx'
import { Logo } from '../ui/logo.tsx'
import { DemoCard } from './demo-card.tsx'
import { KeyForm } from './key-form.tsx'
import { SignInPicture } from './sign-in-picture.tsx'
import styles from './sign-in-page.module.css'

const route = getRouteApi('/sign-in')

export function SignInPage(): ReactNode {
  const navigate = useNavigate()
  const { history } = useRouter()
  const { to } = route.useSearch()
  const enter = (session: Session): void => {
    sessions.set(session)
    // Whoever was led here from a page gets to that page.
    if (to !== undefined) return history.replace(to)
    void navigate({ to: session.pair ? '/' : '/people' })
  }
  return (
    <div className={styles.page}>
      <header className={styles.top}>
        <p className={styles.brand}>
          <Logo />
          Koine
        </p>
        <ThemeToggle />
      </header>
      <main className={styles.main}>
        <section className={styles.pitch}>
          <h1 className={styles.title}>Every word, and the event it leaves.</h1>
          <p className={styles.lead}>
            Watch two people talk on live connections, and beside them the stream that any Kafka client of the tenant
            reads.
          </p>
          <SignInPicture />
        </section>
        <section className={styles.doors} aria-label="Sign in">
          <DemoCard onEnter={enter} />
          <p className={styles.or}>or</p>
          <KeyForm onEnter={enter} />
          <p className={styles.privacy}>Credentials stay in this tab and are gone when you close it.</p>
        </section>
      </main>
    </div>
  )
}
