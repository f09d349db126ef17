import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, type SubmitEvent, useState } from 'react'
import { Button } from '../ui/button.tsx'
import { Dialog, DialogActions, DialogProblem } from '../ui/dialog.tsx'
import { Select } from '../ui/select.tsx'
import { TextField } from '../ui/text-field.tsx'
import styles from './dialog-form.module.css'
import { explainStreams, sentenceOf } from './explain-streams.ts'
import { nameProblem, partitionsProblem, retentions, type TopicForm, topicOf } from './new-topic.ts'
import { topicKey, topicsKey, useStreams } from './streams-queries.ts'

export function NewTopicDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const streams = useStreams()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [form, setForm] = useState<TopicForm>({ name: '', partitions: '1', keeps: 'default' })
  const [wasTried, setTried] = useState(false)
  const make = useMutation({
    mutationFn: (form: TopicForm) => streams.createTopic(topicOf(form)),
    onSuccess: async (topic) => {
      queries.setQueryData(topicKey(topic.name), topic)
      void queries.invalidateQueries({ queryKey: topicsKey })
      await navigate({ to: '/streams/topics/$topic', params: { topic: topic.name } })
    },
  })
  const problems = { name: nameProblem(form.name), partitions: partitionsProblem(form.partitions) }

  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    setTried(true)
    if (!problems.name && !problems.partitions) make.mutate(form)
  }

  return (
    <Dialog title="New topic" isOpen onClose={onClose}>
      <form className={styles.form} onSubmit={submit} noValidate>
        <TextField
          // The dialog was asked for to write in it.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          label="Name"
          placeholder="orders"
          autoComplete="off"
          value={form.name}
          onChange={(name) => setForm({ ...form, name })}
          problem={wasTried || form.name !== '' ? problems.name : undefined}
        />
        <TextField
          label="Partitions"
          inputMode="numeric"
          description="So many consumers of a group can share the work. More can be added later, none taken away."
          value={form.partitions}
          onChange={(partitions) => setForm({ ...form, partitions })}
          problem={problems.partitions}
        />
        <Select
          label="Keeps records"
          choices={retentions}
          chosen={form.keeps}
          onChoose={(keeps) => setForm({ ...form, keeps })}
        />
        {make.error && <DialogProblem>{sentenceOf(explainStreams(make.error))}</DialogProblem>}
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" look="primary" isPending={make.isPending}>
            {make.isPending ? 'Creating…' : 'Create the topic'}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
