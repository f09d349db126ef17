/** A time as the field of a form has it: local, to the second, without a zone. */
export function toLocal(iso: string): string {
  const date = new Date(iso)
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 19)
}

/** ISO 8601, or undefined when nothing whole is written yet. */
export function fromLocal(text: string): string | undefined {
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
