/**
 * Orders two texts as their UTF-8 bytes would sort, which is by code point. JavaScript's own `<` compares UTF-16 units
 * and thereby puts U+10000 and above before U+E000–U+FFFF.
 */
export function compareBytewise(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const left = a.charCodeAt(i)
    const right = b.charCodeAt(i)
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

/** A UTF-16 unit's place by code point: surrogates (they stand for U+10000 and above) go behind all the others. */
const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit)
