import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, type SubmitEvent, useId, useState } from 'react'
import type { TopicDetail } from '../api/streams-port.ts'
import { Button } from '../ui/button.tsx'
import { Dialog, DialogActions, DialogProblem } from '../ui/dialog.tsx'
import { Select } from '../ui/select.tsx'
import { TextField } from '../ui/text-field.tsx'
import styles from './dialog-form.module.css'
import { explainStreams, sentenceOf } from './explain-streams.ts'
import { topicKey, useStreams } from './streams-queries.ts'

/** Writes one record, to try a consumer with. Stays open, for the next. */
export function ProduceDialog({
  topic,
  onClose,
}: {
  readonly topic: TopicDetail
  readonly onClose: () => void
}): ReactNode {
  const streams = useStreams()
  const queries = useQueryClient()
  const valueId = useId()
  const [key, setKey] = useState('')
  const [value, setValue] = useState('')
  const [partition, setPartition] = useState('any')
  const produce = useMutation({
    mutationFn: () =>
      streams.produce(topic.name, {
        key: key === '' ? null : key,
        value,
        ...(partition !== 'any' && { partition: Number(partition) }),
      }),
    onSuccess: async () => queries.invalidateQueries({ queryKey: topicKey(topic.name) }),
  })

  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    produce.mutate()
  }

  return (
    <Dialog title={`Produce to ${topic.name}`} isOpen onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        <div className={styles.pair}>
          <TextField label="Key" placeholder="none" autoComplete="off" value={key} onChange={setKey} />
          <Select label="Partition" choices={partitionsOf(topic)} chosen={partition} onChoose={setPartition} />
        </div>
        <label className={styles.label} htmlFor={valueId}>
          Value
          <textarea
            id={valueId}
            className={styles.area}
            spellCheck={false}
            placeholder={'{"hello": "κοινή"}'}
            value={value}
            onChange={(event) => setValue(event.target.value)}
          />
        </label>
        <p className={styles.text} role="status">
          {produce.data && `Written to partition ${produce.data.partition} at offset ${produce.data.offset}.`}
        </p>
        {produce.error && <DialogProblem>{sentenceOf(explainStreams(produce.error))}</DialogProblem>}
        <DialogActions>
          <Button onPress={onClose}>Close</Button>
          <Button type="submit" look="primary" isPending={produce.isPending}>
            {produce.isPending ? 'Producing…' : 'Produce'}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}

const partitionsOf = ({ partitions }: TopicDetail): { id: string; text: string }[] => [
  { id: 'any', text: 'By the key' },
  ...Array.from({ length: partitions }, (_, partition) => ({ id: String(partition), text: String(partition) })),
]
