import { explain, type Explained } from '../api/explain.ts'

/** A failure in the words of someone who looks at topics and groups. */
export function explainStreams(thrown: unknown): Explained {
  const explained = explain(thrown)
  if (explained.code === 'forbidden')
    return {
      code: explained.code,
      title: 'This key may not look into the cluster.',
      advice: 'Sign in with an API key that has the scope admin.',
    }
  // The server says what is wrong with the value; the form is still open to mend it.
  if (['invalid_request', 'already_exists', 'conflict'].includes(explained.code) && thrown instanceof Error)
    return { code: explained.code, title: thrown.message, advice: '' }
  return explained
}

export const sentenceOf = ({ title, advice }: Explained): string => `${title} ${advice}`.trim()
