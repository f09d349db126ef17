import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { isAtEnd, isNearStart, listChange, type ListEnds, type ScrollBox, scrollTopAfter } from './scroll-anchor.ts'

interface ScrollAnchor {
  readonly atEnd: boolean
  /** Whether messages came below while the reader was further up. */
  readonly hasNewBelow: boolean
  readonly onScroll: () => void
  readonly toEnd: () => void
}

/** Keeps a message list where its reader expects it; see scroll-anchor.ts for the rules. */
export function useScrollAnchor(
  box: RefObject<HTMLElement | null>,
  ends: ListEnds,
  onNearStart: () => void,
): ScrollAnchor {
  const lastBox = useRef<ScrollBox>(undefined)
  const lastEnds = useRef<ListEnds>(undefined)
  const [atEnd, setAtEnd] = useState(true)
  const [hasNewBelow, setNewBelow] = useState(false)

  const note = useCallback(() => {
    const element = box.current
    if (!element || element.clientHeight === 0) return
    lastBox.current = boxOf(element)
    const nowAtEnd = isAtEnd(lastBox.current)
    setAtEnd(nowAtEnd)
    if (nowAtEnd) setNewBelow(false)
  }, [box])

  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    const change = listChange(lastEnds.current, ends)
    const target = scrollTopAfter(lastBox.current, element, change)
    if (target !== undefined) element.scrollTop = target
    else if (change.appended) setNewBelow(true)
    lastEnds.current = ends
    note()
  })

  // The box grows and shrinks with the window and the composer, its content with late layout.
  useEffect(() => {
    const element = box.current
    if (!element) return undefined
    const observer = new ResizeObserver(() => {
      if (!lastBox.current || isAtEnd(lastBox.current)) element.scrollTop = element.scrollHeight
      note()
    })
    observer.observe(element)
    if (element.firstElementChild) observer.observe(element.firstElementChild)
    return () => observer.disconnect()
  }, [box, note])

  const onScroll = useCallback(() => {
    note()
    if (lastBox.current && isNearStart(lastBox.current)) onNearStart()
  }, [note, onNearStart])

  const toEnd = useCallback(() => {
    const element = box.current
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches
    element?.scrollTo({ top: element.scrollHeight, behavior: calm ? 'instant' : 'smooth' })
  }, [box])

  return { atEnd, hasNewBelow, onScroll, toEnd }
}

const boxOf = ({ scrollTop, scrollHeight, clientHeight }: HTMLElement): ScrollBox => ({
  scrollTop,
  scrollHeight,
  clientHeight,
})
