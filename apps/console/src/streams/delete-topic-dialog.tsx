import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, type SubmitEvent, useState } from 'react'
import type { TopicDetail } from '../api/streams-port.ts'
import { Button } from '../ui/button.tsx'
import { Dialog, DialogActions, DialogProblem } from '../ui/dialog.tsx'
import { TextField } from '../ui/text-field.tsx'
import styles from './dialog-form.module.css'
import { explainStreams, sentenceOf } from './explain-streams.ts'
import { bytesOf, formatBytes, formatCount, recordsOf } from './figures.ts'
import { topicKey, topicsKey, useStreams } from './streams-queries.ts'

interface DeleteTopicDialogProps {
  readonly name: string
  readonly topic: TopicDetail | undefined
  readonly onClose: () => void
}

/** Deleting can't be undone: the name must be written. */
export function DeleteTopicDialog({ name, topic, onClose }: DeleteTopicDialogProps): ReactNode {
  const streams = useStreams()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [written, setWritten] = useState('')
  const remove = useMutation({
    mutationFn: () => streams.deleteTopic(name),
    onSuccess: async () => {
      await navigate({ to: '/streams/topics' })
      queries.removeQueries({ queryKey: topicKey(name) })
      await queries.invalidateQueries({ queryKey: topicsKey })
    },
  })

  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    if (written === name) remove.mutate()
  }

  return (
    <Dialog title="Delete this topic?" isOpen onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        <p className={styles.text}>
          <strong>{name}</strong> will be gone for ever
          {topic && `, with ${formatCount(recordsOf(topic.bounds))} records (${formatBytes(bytesOf(topic.bounds))})`}.
          Clients that use it will fail.
        </p>
        <TextField
          // The dialog was asked for to write in it.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          label="Write its name to confirm"
          autoComplete="off"
          value={written}
          onChange={setWritten}
        />
        {remove.error && <DialogProblem>{sentenceOf(explainStreams(remove.error))}</DialogProblem>}
        <DialogActions>
          <Button onPress={onClose}>Keep it</Button>
          <Button type="submit" look="danger" isDisabled={written !== name} isPending={remove.isPending}>
            {remove.isPending ? 'Deleting…' : 'Delete the topic'}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
