import type { AnySchema } from 'joi';

/** A Joi schema, as far as types need it: a type that named its values would make every value `any` here. */
export type FieldSchema = {
  readonly type?: string;
  describe(): object;
  validate(value: unknown): unknown;
};

/** The schemas of the fields of an event, an input or a state, by name. */
export type FieldSchemas = Readonly<Record<string, FieldSchema>>;

/** Marks a schema of a field that may be missing. Only `optional` gives it. */
declare const mark: unique symbol;
export type Optional = { readonly [mark]: true };

/** The values that fields with these schemas have. */
export type DataOf<Fields> = Simplify<
  { readonly [Name in keyof Fields as Fields[Name] extends Optional ? never : Name]: ValueOf<Fields[Name]> } & {
    readonly [Name in keyof Fields as Fields[Name] extends Optional ? Name : never]?: ValueOf<Fields[Name]>;
  }
>;

type ValueOf<Schema> = Schema extends AnySchema<infer Value> ? Value : never;
type Simplify<Type> = { [Key in keyof Type]: Type[Key] } & {};
