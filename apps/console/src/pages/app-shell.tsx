import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { type ReactNode, useEffect } from 'react'
import { sessions, useSession } from '../api/use-session.ts'
import { ThemeToggle } from '../theme/theme-toggle.tsx'
import { IconButton } from '../ui/button.tsx'
import { BookIcon, ChatIcon, PeopleIcon, SignOutIcon, StreamIcon } from '../ui/icons.tsx'
import { Logo } from '../ui/logo.tsx'
import styles from './app-shell.module.css'

/** What surrounds every page of someone who is signed in: the way around, the tenant, the theme. */
export function AppShell(): ReactNode {
  const session = useSession()
  const navigate = useNavigate()

  useEffect(() => {
    if (!session) void navigate({ to: '/sign-in' })
  }, [session, navigate])

  if (!session) return undefined
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main" onClick={skipToMain}>
        Skip to the content
      </a>
      <header className={styles.side}>
        <p className={styles.brand}>
          <Logo />
          <span className={styles.brandName}>Koine</span>
        </p>
        <Navigation hasPair={session.pair !== undefined} />
        <div className={styles.foot}>
          <div className={styles.tenant}>
            <span className={styles.tenantName}>{session.tenantName ?? 'Tenant'}</span>
            <span className={styles.tenantKind}>{session.isDemo ? 'Demo tenant' : 'Signed in with an API key'}</span>
          </div>
          <ThemeToggle />
          <IconButton label="Sign out" hint="above" onPress={() => sessions.set(undefined)}>
            <SignOutIcon />
          </IconButton>
        </div>
      </header>
      <main id="main" className={styles.main} tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  )
}

function Navigation({ hasPair }: { readonly hasPair: boolean }): ReactNode {
  return (
    <nav className={styles.nav} aria-label="Console">
      {hasPair && (
        <Link to="/" className={styles.link} title="Conversation" activeOptions={{ exact: true }}>
          <ChatIcon />
          <span>Conversation</span>
        </Link>
      )}
      <Link to="/people" className={styles.link} title="People">
        <PeopleIcon />
        <span>People</span>
      </Link>
      <Link to="/streams" className={styles.link} title="Streams">
        <StreamIcon />
        <span>Streams</span>
      </Link>
      <a href="/docs" target="_blank" rel="noreferrer" className={styles.link} title="API reference">
        <BookIcon />
        <span>API reference</span>
      </a>
    </nav>
  )
}

/** The part behind `#` is the router's, so the link moves the focus itself. */
function skipToMain(event: { preventDefault(): void }): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}
