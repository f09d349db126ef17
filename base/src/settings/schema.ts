import type { Static, TSchema } from 'typebox'

/** One setting: its type and bounds as JSON Schema, its default, and a sentence for the documentation. */
export interface Setting<T extends TSchema = TSchema> {
  readonly type: T
  readonly fallback: Static<T>
  readonly about: string
  /** Never printed. */
  readonly secret: boolean
}

export interface SettingsSchema {
  readonly [name: string]: Setting | SettingsSchema
}

/** The values that a schema describes, nested as it is. */
export type SettingsOf<S extends SettingsSchema> = {
  readonly [Name in keyof S]: S[Name] extends Setting<infer T>
    ? Static<T>
    : S[Name] extends SettingsSchema
      ? SettingsOf<S[Name]>
      : never
}

export function setting<T extends TSchema>(
  type: T,
  { fallback, about, secret = false }: { fallback: Static<T>; about: string; secret?: boolean },
): Setting<T> {
  return { type, fallback, about, secret }
}

/** A setting with the names it goes by: `http.port`, `KOINE_HTTP_PORT`, `--http-port`. */
export interface NamedSetting extends Setting {
  readonly path: readonly string[]
  readonly name: string
  readonly variable: string
  readonly flag: string
}

const isSetting = (value: Setting | SettingsSchema): value is Setting => 'fallback' in value && 'type' in value

/** The settings of a schema, flat, in the order they are written. */
export function namedSettings(schema: SettingsSchema, path: readonly string[] = []): NamedSetting[] {
  return Object.entries(schema).flatMap(([key, value]) => {
    const here = [...path, key]
    if (!isSetting(value)) return namedSettings(value, here)
    const words = here.flatMap((part) => part.split(/(?=[A-Z])/)).map((word) => word.toLowerCase())
    return [
      {
        ...value,
        path: here,
        name: here.join('.'),
        variable: `KOINE_${words.join('_').toUpperCase()}`,
        flag: `--${words.join('-')}`,
      },
    ]
  })
}
