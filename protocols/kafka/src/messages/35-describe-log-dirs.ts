import { api, array, bool, field, int16, int32, int64, nullableArray, string, struct } from '../schema/index.ts'

export const describeLogDirs = api({
  key: 35,
  name: 'DescribeLogDirs',
  versions: [1, 4],
  flexibleSince: 2,
  request: [
    /** Null: all. */
    field('topics', nullableArray(struct(field('topic', string), field('partitions', array(int32))))),
  ],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    field('errorCode', int16, { since: 3 }),
    field(
      'results',
      array(
        struct(
          field('errorCode', int16),
          field('logDir', string),
          field(
            'topics',
            array(
              struct(
                field('name', string),
                field(
                  'partitions',
                  array(
                    struct(
                      field('partitionIndex', int32),
                      /** Bytes. */
                      field('partitionSize', int64),
                      field('offsetLag', int64),
                      field('isFutureKey', bool),
                    ),
                  ),
                ),
              ),
            ),
          ),
          field('totalBytes', int64, { since: 4, default: -1 }),
          field('usableBytes', int64, { since: 4, default: -1 }),
        ),
      ),
    ),
  ],
})
