/** What the reader chose: a fixed theme, or the system's. */
export type Theme = 'system' | 'light' | 'dark'

const storageKey = 'koine.theme'

const themeOf = (stored: string | null): Theme => (stored === 'light' || stored === 'dark' ? stored : 'system')

export const storedTheme = (): Theme => themeOf(localStorage.getItem(storageKey))

/** Shows the theme and remembers it on this device; the system's is the absence of a choice. */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') {
    delete document.documentElement.dataset.theme
    localStorage.removeItem(storageKey)
    return
  }
  document.documentElement.dataset.theme = theme
  localStorage.setItem(storageKey, theme)
}
