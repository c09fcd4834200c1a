/** A view of an entity: its active things in groups, by the value of an index. */
export type View = Readonly<{
  name: string; // in addresses: 'byGroup'
  by: string; // the index
  measures: readonly string[]; // the numbers of which each group has the sum, the least, the greatest and the average
}>;

/** What an entity's file says of a view. Made by `countBy`. */
export type CountBy<By extends string, Measured extends string = By> = {
  readonly by: By;
  readonly measures: readonly Measured[];
};

/** What else a view has: see `countBy`. */
type CountByOptions = { readonly measures?: readonly string[] };
type MeasuredIn<Options> = Options extends { measures: readonly (infer Measured extends string)[] } ? Measured : never;

/**
 * A view that counts the things by the value of a declared index. `measures` are fields with numbers: each group then
 * has their sum, least, greatest and average value, too.
 */
export const countBy = <const By extends string, const Options extends CountByOptions = Record<never, never>>(
  by: By,
  options?: Options,
): CountBy<By, MeasuredIn<Options>> => ({ by, measures: (options?.measures ?? []) as MeasuredIn<Options>[] });
