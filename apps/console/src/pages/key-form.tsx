import { useMutation } from '@tanstack/react-query'
import { type ReactNode, type SubmitEvent, useState } from 'react'
import { backend } from '../api/connect.ts'
import { explain } from '../api/explain.ts'
import { looksLikeApiKey, type Session } from '../api/session.ts'
import { signInWithKey } from '../api/sign-in.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/text-field.tsx'
import styles from './sign-in-card.module.css'

export function KeyForm({ onEnter }: { readonly onEnter: (session: Session) => void }): ReactNode {
  const [key, setKey] = useState('')
  const [malformed, setMalformed] = useState(false)
  const signIn = useMutation({ mutationFn: (apiKey: string) => signInWithKey(backend, apiKey), onSuccess: onEnter })

  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const apiKey = key.trim()
    setMalformed(!looksLikeApiKey(apiKey))
    if (looksLikeApiKey(apiKey)) signIn.mutate(apiKey)
  }

  return (
    <form className={styles.card} onSubmit={submit} noValidate>
      <h2 className={styles.title}>Sign in with an API key</h2>
      <TextField
        label="API key"
        type="password"
        autoComplete="off"
        placeholder="key_….secret"
        description="The id and the secret with a dot between them, as they were shown when the key was made."
        value={key}
        onChange={setKey}
        problem={problemOf(malformed, signIn.error)}
      />
      <Button type="submit" wide isPending={signIn.isPending}>
        {signIn.isPending ? 'Signing in…' : 'Sign in'}
      </Button>
    </form>
  )
}

function problemOf(malformed: boolean, error: unknown): string | undefined {
  if (malformed) return 'An API key looks like key_….secret. Paste both parts.'
  if (!error) return undefined
  const { code, title, advice } = explain(error)
  if (code === 'unauthenticated') return 'The server does not know this key, or it was revoked. Check it and try again.'
  return `${title} ${advice}`
}
