import type { ReactNode } from 'react'
import { FieldError } from 'react-aria-components/FieldError'
import { Input } from 'react-aria-components/Input'
import { Label } from 'react-aria-components/Label'
import { Text } from 'react-aria-components/Text'
import { TextField as AriaTextField, type TextFieldProps as AriaTextFieldProps } from 'react-aria-components/TextField'
import styles from './text-field.module.css'

interface TextFieldProps extends Omit<AriaTextFieldProps, 'className' | 'style' | 'children'> {
  readonly label: string
  readonly placeholder?: string
  readonly description?: string
  /** What is wrong with the value; nothing when absent. */
  readonly problem?: string | undefined
}

export function TextField({ label, placeholder, description, problem, ...rest }: TextFieldProps): ReactNode {
  return (
    <AriaTextField {...rest} className={styles.field} isInvalid={problem !== undefined}>
      <Label className={styles.label}>{label}</Label>
      <Input className={styles.input} placeholder={placeholder} spellCheck={false} />
      {description && (
        <Text slot="description" className={styles.description}>
          {description}
        </Text>
      )}
      <FieldError className={styles.problem}>{problem}</FieldError>
    </AriaTextField>
  )
}
