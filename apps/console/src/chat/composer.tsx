import { type KeyboardEvent, type ReactNode, useLayoutEffect, useRef, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { TextArea } from 'react-aria-components/TextArea'
import { TextField } from 'react-aria-components/TextField'
import type { ConnectionStatus } from '../api/ports.ts'
import { SendIcon } from '../ui/icons.tsx'
import styles from './composer.module.css'
import type { Member } from './member.ts'
import { isSendable, textLimit } from './text-limit.ts'

interface ComposerProps {
  readonly me: Member
  readonly other: Member
  readonly status: ConnectionStatus
  readonly onSend: (text: string) => void
}

/** Enter sends, Shift+Enter starts a line. What is written while the connection is away waits for it. */
export function Composer({ me, other, status, onSend }: ComposerProps): ReactNode {
  const [text, setText] = useState('')
  const area = useRef<HTMLTextAreaElement>(null)
  const closed = status === 'closed'
  const limit = textLimit(text)

  useLayoutEffect(() => {
    const element = area.current
    if (!element) return
    element.style.height = 'auto'
    element.style.height = `${element.scrollHeight}px`
  }, [text])

  const send = (): void => {
    if (closed || !isSendable(text)) return
    onSend(text.trim())
    setText('')
    area.current?.focus()
  }

  const onKeyDown = (event: KeyboardEvent): void => {
    // Enter that ends the composition of a character belongs to the input method.
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault()
      send()
    }
  }

  return (
    <div className={styles.composer}>
      <div className={styles.box} data-over={limit.over || undefined}>
        <TextField
          className={styles.field}
          aria-label={`Write as ${me.name} to ${other.name}`}
          value={text}
          onChange={setText}
          isDisabled={closed}
          isInvalid={limit.over}
        >
          <TextArea
            ref={area}
            className={styles.area}
            rows={1}
            placeholder={closed ? 'The connection is closed' : `Message ${other.name}`}
            onKeyDown={onKeyDown}
          />
        </TextField>
        <Button
          className={styles.send}
          aria-label={`Send as ${me.name}`}
          isDisabled={closed || !isSendable(text)}
          onPress={send}
        >
          <SendIcon />
        </Button>
      </div>
      <p className={styles.note} data-over={limit.over || undefined} role={limit.near ? 'status' : undefined}>
        {noteOf({ status, near: limit.near, leftBytes: limit.leftBytes })}
      </p>
    </div>
  )
}

function noteOf(o: { status: ConnectionStatus; near: boolean; leftBytes: number }): ReactNode {
  if (o.near && o.leftBytes < 0) return `Too long by ${(-o.leftBytes).toLocaleString()} bytes. Shorten it to send it.`
  if (o.near) return `${o.leftBytes.toLocaleString()} bytes left`
  if (o.status === 'closed') return undefined
  if (o.status === 'reconnecting') return 'Messages wait here until the connection is back.'
  return (
    <>
      <kbd>Enter</kbd> sends, <kbd>Shift</kbd>+<kbd>Enter</kbd> starts a new line
    </>
  )
}
