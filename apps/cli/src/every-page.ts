interface Page<Item> {
  readonly data: readonly Item[]
  readonly nextCursor?: string
}

const pageItems = 100

/** All the items of a paged list, in order. */
export async function everyPage<Item>(
  page: (query: { limit: number; cursor?: string }) => Promise<Page<Item>>,
): Promise<Item[]> {
  const all: Item[] = []
  for (let cursor: string | undefined; ;) {
    const { data, nextCursor } = await page({ limit: pageItems, ...(cursor && { cursor }) })
    all.push(...data)
    if (!nextCursor) return all
    cursor = nextCursor
  }
}
