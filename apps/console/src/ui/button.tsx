import type { ReactNode } from 'react'
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components/Button'
import styles from './button.module.css'

interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'style'> {
  readonly look?: 'primary' | 'plain' | 'quiet' | 'danger'
  readonly size?: 'normal' | 'large'
  readonly wide?: boolean
}

export function Button({ look = 'plain', size = 'normal', wide = false, ...rest }: ButtonProps): ReactNode {
  return (
    <AriaButton {...rest} className={styles.button} data-look={look} data-size={size} data-wide={wide || undefined} />
  )
}

interface IconButtonProps extends Omit<AriaButtonProps, 'className' | 'style'> {
  /** What it does, for those who don't see the icon and as its hint. */
  readonly label: string
  /** Where the hint has room. */
  readonly hint?: 'below' | 'above'
  readonly children: ReactNode
}

export function IconButton({ label, hint = 'below', children, ...rest }: IconButtonProps): ReactNode {
  return (
    <AriaButton {...rest} className={styles.icon} aria-label={label}>
      {children}
      <span className={styles.hint} data-place={hint} aria-hidden="true">
        {label}
      </span>
    </AriaButton>
  )
}
