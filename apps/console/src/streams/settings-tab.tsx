import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, type SubmitEvent, useState } from 'react'
import type { TopicDetail, TopicSetting } from '../api/streams-port.ts'
import { Button, IconButton } from '../ui/button.tsx'
import { Dialog, DialogActions, DialogProblem } from '../ui/dialog.tsx'
import { PencilIcon } from '../ui/icons.tsx'
import { Tag } from '../ui/tag.tsx'
import { TextField } from '../ui/text-field.tsx'
import page from './detail-page.module.css'
import form from './dialog-form.module.css'
import { explainStreams, sentenceOf } from './explain-streams.ts'
import { isPlatformTopic } from './platform-topic.ts'
import { inWords } from './setting-words.ts'
import { topicKey, useStreams } from './streams-queries.ts'
import styles from './table.module.css'

/** What the topic is set to; first what differs from the defaults. */
export function SettingsTab({ topic }: { readonly topic: TopicDetail }): ReactNode {
  const [editing, setEditing] = useState<TopicSetting>()
  const sorted = topic.settings.toSorted((a, b) => Number(b.isSet) - Number(a.isSet) || a.name.localeCompare(b.name))
  const isPlatform = isPlatformTopic(topic.name)
  return (
    <div className={page.scroll}>
      <h2 className="for-screen-readers">Settings</h2>
      <div className={styles.card}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th>Setting</th>
              <th>Value</th>
              <th>
                <span className="for-screen-readers">Whether it was changed</span>
              </th>
              {!isPlatform && (
                <th className={styles.number}>
                  <span className="for-screen-readers">Change</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {sorted.map((setting) => (
              <tr key={setting.name}>
                <td className={styles.mono}>{setting.name}</td>
                <td>
                  <SettingValue setting={setting} />
                </td>
                <td>{setting.isSet && <Tag tone="accent">Changed</Tag>}</td>
                {!isPlatform && (
                  <td className={styles.number}>
                    <IconButton label={`Change ${setting.name}`} hint="above" onPress={() => setEditing(setting)}>
                      <PencilIcon size={15} />
                    </IconButton>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {editing && <SettingDialog topic={topic} setting={editing} onClose={() => setEditing(undefined)} />}
    </div>
  )
}

function SettingValue({ setting: { name, value } }: { readonly setting: TopicSetting }): ReactNode {
  const words = inWords(name, value)
  return (
    <>
      <span className={styles.mono}>{value === null || value === '' ? 'none' : value}</span>
      {words && <span className={styles.words}> {words}</span>}
    </>
  )
}

interface SettingDialogProps {
  readonly topic: TopicDetail
  readonly setting: TopicSetting
  readonly onClose: () => void
}

function SettingDialog({ topic, setting, onClose }: SettingDialogProps): ReactNode {
  const streams = useStreams()
  const queries = useQueryClient()
  const [value, setValue] = useState(setting.value ?? '')
  const change = useMutation({
    mutationFn: (value: string | null) => streams.changeSettings(topic.name, { [setting.name]: value }),
    onSuccess: (changed) => {
      queries.setQueryData(topicKey(topic.name), changed)
      onClose()
    },
  })

  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    change.mutate(value)
  }

  return (
    <Dialog title={setting.name} isOpen onClose={onClose}>
      <form className={form.form} onSubmit={submit}>
        <TextField
          // The dialog was asked for to write in it.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          label="Value"
          autoComplete="off"
          value={value}
          onChange={setValue}
          description={inWords(setting.name, value) ?? '\u00a0'}
        />
        {change.error && <DialogProblem>{sentenceOf(explainStreams(change.error))}</DialogProblem>}
        <DialogActions>
          {setting.isSet && (
            <Button isDisabled={change.isPending} onPress={() => change.mutate(null)}>
              Back to the default
            </Button>
          )}
          <Button type="submit" look="primary" isPending={change.isPending}>
            {change.isPending ? 'Saving…' : 'Save'}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
