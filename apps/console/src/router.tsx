import { createHashHistory, createRootRoute, createRoute, createRouter, redirect } from '@tanstack/react-router'
import { sessions } from './api/use-session.ts'
import { AppShell } from './pages/app-shell.tsx'
import { ConversationPage } from './pages/conversation-page.tsx'
import { PeoplePage } from './pages/people-page.tsx'
import { SignInPage } from './pages/sign-in-page.tsx'

const root = createRootRoute()

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: SignInPage,
  beforeLoad: () => {
    if (sessions.get()) throw redirect({ to: '/' })
  },
})

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: AppShell,
  beforeLoad: () => {
    if (!sessions.get()) throw redirect({ to: '/sign-in' })
  },
})

const conversation = createRoute({
  getParentRoute: () => shell,
  path: '/',
  component: ConversationPage,
  beforeLoad: () => {
    if (!sessions.get()?.pair) throw redirect({ to: '/people' })
  },
})

const people = createRoute({ getParentRoute: () => shell, path: '/people', component: PeoplePage })

const elsewhere = createRoute({
  getParentRoute: () => root,
  path: '$',
  beforeLoad: () => {
    throw redirect({ to: '/' })
  },
})

/** Pages live behind the `#`, so that the server serves one file and its own paths stay its own. */
export const router = createRouter({
  routeTree: root.addChildren([signIn, shell.addChildren([conversation, people]), elsewhere]),
  history: createHashHistory(),
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
