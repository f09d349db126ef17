import { KoineError, type ErrorCode } from '@koine/base'

/** Whether the SDK's error is one of these, by name: its classes differ between copies of the package. */
export const isNamed = (error: unknown, ...names: string[]): boolean =>
  error instanceof Error && names.includes(error.name)

export const isMissingTable = (error: unknown): boolean => isNamed(error, 'ResourceNotFoundException')

const throttled = [
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'LimitExceededException',
]

export const isThrottled = (error: unknown): boolean => isNamed(error, ...throttled)

/** Whether the request may or may not have been carried out: no answer, or one that doesn't say. */
export function isUnanswered(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { $metadata: metadata, code } = error as { $metadata?: { httpStatusCode?: number }; code?: string }
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND') return false
  if (isNamed(error, 'TimeoutError', 'AbortError', 'InternalServerError', 'InternalServerErrorException')) return true
  return (metadata?.httpStatusCode ?? 0) >= 500 || (metadata?.httpStatusCode === undefined && code !== undefined)
}

/** The engine's failure as one of ours; what is ours already stays. */
export function asKoineError(error: unknown, whenUnanswered: ErrorCode): KoineError {
  if (error instanceof KoineError) return error
  if (isThrottled(error)) return new KoineError('overloaded', 'DynamoDB throttles this tenant.', { cause: error })
  if (isUnanswered(error)) return new KoineError(whenUnanswered, 'DynamoDB gives no answer.', { cause: error })
  const name = error instanceof Error ? error.name : 'an unknown failure'
  return new KoineError('unavailable', `DynamoDB refuses: ${name}.`, { cause: error })
}
