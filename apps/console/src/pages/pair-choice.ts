/** The two who are chosen, after one more was pressed: again means not this one; a third takes the place of the first. */
export function choose(chosen: readonly string[], id: string): readonly string[] {
  if (chosen.includes(id)) return chosen.filter((other) => other !== id)
  return [...chosen, id].slice(-2)
}
