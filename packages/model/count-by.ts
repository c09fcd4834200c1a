/** A view of an entity: its active things in groups, by the value of an index. */
export type View = Readonly<{
  name: string; // in addresses: 'byGroup'
  by: string; // the index
  measures: readonly string[]; // the numbers of which each group has the sum, the least, the greatest and the average
}>;

/** What an entity's file says of a view. Made by `countBy`. */
export type CountBy<Field extends string> = { readonly by: Field; readonly measures: readonly Field[] };

/**
 * A view that counts the things by the value of a declared index. `measures` are fields with numbers: each group then
 * has their sum, least, greatest and average value, too.
 */
export const countBy = <Field extends string>(
  by: Field,
  { measures = [] }: { measures?: readonly Field[] } = {},
): CountBy<Field> => ({ by, measures });
