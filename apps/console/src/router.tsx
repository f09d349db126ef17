import { createHashHistory, createRootRoute, createRoute, createRouter, redirect } from '@tanstack/react-router'
import { sessions } from './api/use-session.ts'
import { AppShell } from './pages/app-shell.tsx'
import { ConversationPage } from './pages/conversation-page.tsx'
import { PeoplePage } from './pages/people-page.tsx'
import { SignInPage } from './pages/sign-in-page.tsx'
import { GroupPage } from './streams/group-page.tsx'
import { GroupsPage } from './streams/groups-page.tsx'
import { StreamsPage } from './streams/streams-page.tsx'
import { TopicPage } from './streams/topic-page.tsx'
import { parseTopicSearch } from './streams/topic-search.ts'
import { TopicsPage } from './streams/topics-page.tsx'
import { UsagePage } from './streams/usage/usage-page.tsx'

const root = createRootRoute()

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: SignInPage,
  validateSearch: ({ to }: Record<string, unknown>): { to?: string } =>
    // A page of this console and nothing else.
    typeof to === 'string' && /^\/(?!\/)/.test(to) ? { to } : {},
  beforeLoad: () => {
    if (sessions.get()) throw redirect({ to: '/' })
  },
})

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: AppShell,
  beforeLoad: ({ location: { href, pathname } }) => {
    if (!sessions.get()) throw redirect({ to: '/sign-in', search: pathname === '/' ? {} : { to: href } })
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

/** What is looked for in a list. */
const listSearch = ({ q }: Record<string, unknown>): { q?: string } => (typeof q === 'string' ? { q } : {})

const streams = createRoute({ getParentRoute: () => shell, path: '/streams', component: StreamsPage })
const streamsIndex = createRoute({
  getParentRoute: () => streams,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/streams/topics' })
  },
})
const topics = createRoute({
  getParentRoute: () => streams,
  path: '/topics',
  component: TopicsPage,
  validateSearch: listSearch,
})
const topic = createRoute({
  getParentRoute: () => streams,
  path: '/topics/$topic',
  component: TopicPage,
  validateSearch: parseTopicSearch,
})
const groups = createRoute({
  getParentRoute: () => streams,
  path: '/groups',
  component: GroupsPage,
  validateSearch: listSearch,
})
const group = createRoute({ getParentRoute: () => streams, path: '/groups/$group', component: GroupPage })
const usage = createRoute({ getParentRoute: () => streams, path: '/usage', component: UsagePage })

const elsewhere = createRoute({
  getParentRoute: () => root,
  path: '$',
  beforeLoad: () => {
    throw redirect({ to: '/' })
  },
})

/** Pages live behind the `#`, so that the server serves one file and its own paths stay its own. */
export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    shell.addChildren([conversation, people, streams.addChildren([streamsIndex, topics, topic, groups, group, usage])]),
    elsewhere,
  ]),
  history: createHashHistory(),
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
