import { type RefObject, useEffect, useState } from 'react'

/**
 * Whether someone looks at the element: the page is visible, and the focus or the pointer is inside.
 * @param always counts the visible page alone, where the element is the only thing on the screen
 */
export function useAttention(element: RefObject<HTMLElement | null>, always: boolean): boolean {
  const [focused, setFocused] = useState(false)
  const [pointed, setPointed] = useState(false)
  const [visible, setVisible] = useState(() => !document.hidden)

  useEffect(() => {
    const target = element.current
    if (!target) return undefined
    const listening = new AbortController()
    const { signal } = listening
    target.addEventListener('focusin', () => setFocused(true), { signal })
    target.addEventListener('focusout', () => setFocused(target.contains(document.activeElement)), { signal })
    target.addEventListener('pointerenter', () => setPointed(true), { signal })
    target.addEventListener('pointermove', () => setPointed(true), { signal })
    target.addEventListener('pointerleave', () => setPointed(false), { signal })
    document.addEventListener('visibilitychange', () => setVisible(!document.hidden), { signal })
    return () => listening.abort()
  }, [element])

  return visible && (always || focused || pointed)
}
