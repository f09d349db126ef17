import type { Filling } from './fill-message.ts'

const noUuid = '0'.repeat(32)

interface Extremes {
  readonly text: (at: number) => string
  readonly isNull?: boolean
  readonly int: Filling['int']
  readonly bytes?: Uint8Array
  readonly bool?: boolean
  readonly uuid?: string
  readonly elements: number
}

const filling = ({ text, isNull, int, bytes, bool, uuid, elements }: Extremes): Filling => ({
  string: (_, at) => text(at),
  nullableString: (_, at) => (isNull ? null : text(at)),
  int,
  bytes: () => bytes ?? new Uint8Array(0),
  nullableBytes: () => (isNull ? null : (bytes ?? new Uint8Array(0))),
  bool: () => bool ?? false,
  uuid: () => uuid ?? noUuid,
  array: (_, { mayBeNull }) => (isNull && mayBeNull ? null : elements),
})

const least: Filling['int'] = (_, { min }) => min
const greatest: Filling['int'] = (_, { max }) => max

/** What a well-formed request may hold and hardly any client sends, by name. */
export const extremeFillings: Readonly<Record<string, Filling>> = {
  'nothing in it': filling({ text: () => '', int: () => 0, elements: 0 }),
  'nulls wherever they may be': filling({ text: () => '', isNull: true, int: () => 0, elements: 1 }),
  'elements of empty texts and zeros': filling({ text: () => '', int: () => 0, elements: 1 }),
  'elements that repeat': filling({ text: () => 'twice', int: () => 1, bool: true, elements: 3 }),
  'minus one for each number': filling({ text: () => 'minus', int: () => -1, elements: 1 }),
  'the least numbers and the longest texts': filling({
    text: (at) => `${at}`.padEnd(32_767, 'long'),
    int: least,
    bytes: new Uint8Array(100_000),
    elements: 2,
  }),
  'the greatest numbers': filling({
    text: (at) => `great-${at}`,
    int: greatest,
    bytes: Buffer.alloc(70, 0xff),
    bool: true,
    uuid: 'f'.repeat(32),
    elements: 2,
  }),
  'texts of three bytes a character': filling({
    text: (at) => `${at % 10}`.repeat(9) + '€'.repeat(10_919),
    int: (_, __, at) => at,
    bytes: Buffer.from('€'),
    elements: 1,
  }),
  'names with slashes': filling({ text: (at) => `../../${at}/\u0000\n`, int: () => 1, bool: true, elements: 2 }),
  'names over 249 characters': filling({ text: (at) => `${at}`.padEnd(250, 'n'), int: () => 1, elements: 2 }),
}
