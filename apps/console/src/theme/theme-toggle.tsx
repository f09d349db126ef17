import { type ReactNode, useState } from 'react'
import { ToggleButton } from 'react-aria-components/ToggleButton'
import { ToggleButtonGroup } from 'react-aria-components/ToggleButtonGroup'
import { MoonIcon, ScreenIcon, SunIcon } from '../ui/icons.tsx'
import { applyTheme, storedTheme, type Theme } from './theme.ts'
import styles from './theme-toggle.module.css'

const choices: readonly { theme: Theme; label: string; icon: ReactNode }[] = [
  { theme: 'light', label: 'Light', icon: <SunIcon size={16} /> },
  { theme: 'system', label: 'As the system', icon: <ScreenIcon size={16} /> },
  { theme: 'dark', label: 'Dark', icon: <MoonIcon size={16} /> },
]

export function ThemeToggle(): ReactNode {
  const [theme, setTheme] = useState(storedTheme)
  const choose = (chosen: Theme): void => {
    applyTheme(chosen)
    setTheme(chosen)
  }
  return (
    <ToggleButtonGroup
      className={styles.group}
      aria-label="Theme"
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[theme]}
      onSelectionChange={(keys) => {
        for (const key of keys) choose(key as Theme)
      }}
    >
      {choices.map(({ theme, label, icon }) => (
        <ToggleButton key={theme} id={theme} className={styles.choice} aria-label={label}>
          {icon}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  )
}
