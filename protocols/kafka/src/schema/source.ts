/** JavaScript text in the making: lines with their depth, and names that are used once. */
export class Source {
  readonly #lines: string[] = []
  #depth = 0
  #names = 0

  line(text: string): void {
    this.#lines.push('  '.repeat(this.#depth) + text)
  }

  /** `head {`, what `inside` writes, `}`. */
  block(head: string, inside: () => void): void {
    this.line(`${head} {`)
    this.#depth++
    inside()
    this.#depth--
    this.line('}')
  }

  name(prefix: string): string {
    return `${prefix}${this.#names++}`
  }

  toString(): string {
    return this.#lines.join('\n')
  }
}
