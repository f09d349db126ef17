/** A scrolled box in CSS pixels. */
export interface ScrollBox {
  readonly scrollTop: number
  readonly scrollHeight: number
  readonly clientHeight: number
}

/** So near to the end counts as being there: about two lines. */
const endSlackPx = 48

/** How near to the top older messages are fetched, before the reader hits it. */
const olderSlackPx = 240

export const isAtEnd = (box: ScrollBox): boolean => box.scrollHeight - box.scrollTop - box.clientHeight <= endSlackPx

export const isNearStart = (box: ScrollBox): boolean => box.scrollTop <= olderSlackPx

/** Which ends of the list moved between two renderings. */
export interface ListChange {
  readonly prepended: boolean
  readonly appended: boolean
  /** The newest entry is the reader's own. */
  readonly ownAppended: boolean
}

/**
 * Where the box should scroll after its content changed: the end for a reader who was there or who wrote, otherwise
 * what keeps the same messages under the reader's eyes. Undefined means that it may stay.
 * @param before the box as it was before the change; undefined at the first rendering
 */
export function scrollTopAfter(
  before: ScrollBox | undefined,
  after: Pick<ScrollBox, 'scrollHeight' | 'clientHeight'>,
  change: ListChange,
): number | undefined {
  const end = Math.max(0, after.scrollHeight - after.clientHeight)
  if (!before || isAtEnd(before) || change.ownAppended) return end
  if (change.prepended) return before.scrollTop + (after.scrollHeight - before.scrollHeight)
  return undefined
}

/** How the list changed, told by the keys at its two ends. */
export function listChange(before: ListEnds | undefined, after: ListEnds): ListChange {
  const appended = before !== undefined && before.lastKey !== after.lastKey && after.lastKey !== undefined
  return {
    prepended: before !== undefined && before.firstKey !== after.firstKey && before.firstKey !== undefined,
    appended,
    ownAppended: appended && after.lastIsOwn,
  }
}

export interface ListEnds {
  readonly firstKey: string | undefined
  readonly lastKey: string | undefined
  readonly lastIsOwn: boolean
}
