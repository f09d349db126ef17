import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, type SubmitEvent, useState } from 'react'
import type { TopicDetail } from '../api/streams-port.ts'
import { Button } from '../ui/button.tsx'
import { Dialog, DialogActions, DialogProblem } from '../ui/dialog.tsx'
import { PlusIcon } from '../ui/icons.tsx'
import { TextField } from '../ui/text-field.tsx'
import { Bar } from './bar.tsx'
import page from './detail-page.module.css'
import form from './dialog-form.module.css'
import { explainStreams, sentenceOf } from './explain-streams.ts'
import { formatBytes, formatCount } from './figures.ts'
import { partitionsProblem } from './new-topic.ts'
import { isPlatformTopic } from './platform-topic.ts'
import { topicKey, useStreams } from './streams-queries.ts'
import styles from './table.module.css'

/** Where each partition begins and ends, and what it takes up. */
export function PartitionsTab({ topic }: { readonly topic: TopicDetail }): ReactNode {
  const [isAdding, setAdding] = useState(false)
  const most = Math.max(...topic.bounds.map(({ bytes }) => bytes))
  return (
    <div className={page.scroll}>
      <h2 className={styles.section}>
        Partitions
        {!isPlatformTopic(topic.name) && (
          <Button look="quiet" onPress={() => setAdding(true)}>
            <PlusIcon size={14} />
            Add partitions
          </Button>
        )}
      </h2>
      <div className={styles.card}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th className={styles.number}>Partition</th>
              <th className={styles.number}>Start</th>
              <th className={styles.number}>End</th>
              <th className={styles.number}>Records</th>
              <th className={styles.number}>Size</th>
              <th className={styles.optional}>
                <span className="for-screen-readers">Size beside the others’</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {topic.bounds.map(({ partition, startOffset, endOffset, bytes }) => (
              <tr key={partition}>
                <td className={styles.number}>
                  <Link to="/streams/topics/$topic" params={{ topic: topic.name }} search={{ partition }}>
                    {partition}
                  </Link>
                </td>
                <td className={styles.number}>{formatCount(startOffset)}</td>
                <td className={styles.number}>{formatCount(endOffset)}</td>
                <td className={styles.number}>{formatCount(endOffset - startOffset)}</td>
                <td className={styles.number}>{formatBytes(bytes)}</td>
                <td className={styles.optional}>
                  <Bar value={bytes} of={most} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {isAdding && <AddPartitionsDialog topic={topic} onClose={() => setAdding(false)} />}
    </div>
  )
}

function AddPartitionsDialog({
  topic,
  onClose,
}: {
  readonly topic: TopicDetail
  readonly onClose: () => void
}): ReactNode {
  const streams = useStreams()
  const queries = useQueryClient()
  const [count, setCount] = useState(String(topic.partitions + 1))
  const add = useMutation({
    mutationFn: () => streams.addPartitions(topic.name, Number(count)),
    onSuccess: (changed) => {
      queries.setQueryData(topicKey(topic.name), changed)
      onClose()
    },
  })
  const tooFew = Number(count) <= topic.partitions ? `It has ${topic.partitions} already.` : undefined
  const problem = partitionsProblem(count) ?? tooFew

  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    if (!problem) add.mutate()
  }

  return (
    <Dialog title="Add partitions" isOpen onClose={onClose}>
      <form className={form.form} onSubmit={submit} noValidate>
        <p className={form.text}>
          From then on the same key may go to another partition: consumers that rely on the order of a key should have
          caught up. Partitions can’t be taken away again.
        </p>
        <TextField
          // The dialog was asked for to write in it.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          label="Partitions in all"
          inputMode="numeric"
          value={count}
          onChange={setCount}
          problem={problem}
        />
        {add.error && <DialogProblem>{sentenceOf(explainStreams(add.error))}</DialogProblem>}
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" look="primary" isDisabled={problem !== undefined} isPending={add.isPending}>
            {add.isPending ? 'Adding…' : 'Add them'}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
