const pageLimitUsual = 50

/** What a list's query asks for. */
export const pageRequest = ({ limit = pageLimitUsual, cursor }: { limit?: number; cursor?: string }) => ({
  limit,
  ...(cursor !== undefined && { cursor }),
})
