import { useMutation } from '@tanstack/react-query'
import { type ReactNode, type SubmitEvent, useState } from 'react'
import { explain } from '../api/explain.ts'
import type { TenantClient, User } from '../api/ports.ts'
import { Button } from '../ui/button.tsx'
import { PlusIcon } from '../ui/icons.tsx'
import { TextField } from '../ui/text-field.tsx'
import styles from './people-page.module.css'

interface NewPersonFormProps {
  readonly tenant: TenantClient
  readonly onMade: (user: User) => Promise<void>
}

export function NewPersonForm({ tenant, onMade }: NewPersonFormProps): ReactNode {
  const [name, setName] = useState('')
  const make = useMutation({
    mutationFn: (name: string) => tenant.createUser(name),
    onSuccess: async (user) => {
      setName('')
      await onMade(user)
    },
  })
  const problem = make.error ? explain(make.error) : undefined

  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    if (name.trim() !== '') make.mutate(name.trim())
  }

  return (
    <form className={styles.form} onSubmit={submit}>
      <TextField
        label="Add a person"
        placeholder="Name"
        maxLength={200}
        autoComplete="off"
        value={name}
        onChange={setName}
        problem={problem && `${problem.title} ${problem.advice}`}
      />
      <Button type="submit" isDisabled={name.trim() === ''} isPending={make.isPending}>
        <PlusIcon size={16} />
        Add
      </Button>
    </form>
  )
}
