import type { Tone } from '../ui/avatar.tsx'

/** A person of the conversation as the panes show them. */
export interface Member {
  readonly id: string
  readonly name: string
  readonly tone: Tone
}
