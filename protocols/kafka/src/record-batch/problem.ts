import { KoineError } from '@koine/base'

/** What can be wrong with the bytes of a record batch. */
export type RecordBatchProblem =
  | 'truncated'
  | 'bad-length'
  | 'too-large'
  | 'unsupported-magic'
  | 'bad-checksum'
  | 'bad-count'
  | 'bad-timestamps'
  | 'bad-producer'
  | 'control-batch'
  | 'unsupported-codec'
  | 'bad-records'

/** The bytes are not a record batch, or not one that can be read. `invalid_request` wherever it surfaces. */
export class CorruptRecordBatch extends KoineError {
  readonly problem: RecordBatchProblem

  constructor(problem: RecordBatchProblem, detail: string, cause?: unknown) {
    super('invalid_request', `Bad record batch (${problem}): ${detail}.`, { cause })
    this.problem = problem
  }
}
