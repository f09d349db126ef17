import { api, array, field, int16, int32, string, struct } from '../schema/index.ts'

export const offsetDelete = api({
  key: 47,
  name: 'OffsetDelete',
  versions: [0, 0],
  request: [
    field('groupId', string),
    field(
      'topics',
      array(struct(field('name', string), field('partitions', array(struct(field('partitionIndex', int32)))))),
    ),
  ],
  response: [
    field('errorCode', int16),
    field('throttleTimeMs', int32, { default: 0 }),
    field(
      'topics',
      array(
        struct(
          field('name', string),
          field('partitions', array(struct(field('partitionIndex', int32), field('errorCode', int16)))),
        ),
      ),
    ),
  ],
})
