import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Button } from '../ui/button.tsx'
import { Dialog, DialogActions, DialogProblem } from '../ui/dialog.tsx'
import styles from './dialog-form.module.css'
import { explainStreams, sentenceOf } from './explain-streams.ts'
import { groupsKey, useStreams } from './streams-queries.ts'

export function DeleteGroupDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }): ReactNode {
  const streams = useStreams()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const remove = useMutation({
    mutationFn: () => streams.deleteGroup(id),
    onSuccess: async () => {
      await navigate({ to: '/streams/groups' })
      await queries.invalidateQueries({ queryKey: groupsKey })
    },
  })
  return (
    <Dialog title="Delete this group?" isOpen onClose={onClose}>
      <p className={styles.text}>
        <strong>{id}</strong> forgets how far it has read. A consumer that joins it again begins where its own settings
        say.
      </p>
      {remove.error && <DialogProblem>{sentenceOf(explainStreams(remove.error))}</DialogProblem>}
      <DialogActions>
        <Button onPress={onClose}>Keep it</Button>
        <Button look="danger" isPending={remove.isPending} onPress={() => remove.mutate()}>
          {remove.isPending ? 'Deleting…' : 'Delete the group'}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
