import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { sessions } from './api/use-session.ts'
import { router } from './router.tsx'
import { applyTheme, storedTheme } from './theme/theme.ts'
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet
import './theme/tokens.css'
// oxlint-disable-next-line import/no-unassigned-import -- a style sheet
import './theme/base.css'

applyTheme(storedTheme())

const queries = new QueryClient({
  // What fails shows its own way to try again; a quiet second try only hides how long it takes.
  defaultOptions: { queries: { retry: false, refetchOnWindowFocus: false, staleTime: 30_000 } },
})

// What was fetched with a credential goes with it.
sessions.subscribe(() => {
  if (!sessions.get()) queries.clear()
})

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
)
