import { api, array, field, int16, int32, int64, string, struct } from '../schema/index.ts'

export const deleteRecords = api({
  key: 21,
  name: 'DeleteRecords',
  versions: [0, 2],
  flexibleSince: 2,
  request: [
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
                /** Records below it go; -1: all that are below the high watermark. */
                field('offset', int64),
              ),
            ),
          ),
        ),
      ),
    ),
    field('timeoutMs', int32),
  ],
  response: [
    field('throttleTimeMs', int32, { default: 0 }),
    field(
      'topics',
      array(
        struct(
          field('name', string),
          field(
            'partitions',
            array(struct(field('partitionIndex', int32), field('lowWatermark', int64), field('errorCode', int16))),
          ),
        ),
      ),
    ),
  ],
})
