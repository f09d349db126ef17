import { type TSchema, Type } from 'typebox'

/** A page of a list: what is in it and, when there is more, the cursor to go on with. */
export const pageOf = <T extends TSchema>(item: T, title: string) =>
  Type.Object(
    {
      data: Type.Array(item),
      nextCursor: Type.Optional(Type.String({ description: 'Present when there may be more.' })),
    },
    { title },
  )
