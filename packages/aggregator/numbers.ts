/** A set of partition numbers, as a list without duplicates. */
export type Numbers = readonly number[];

/** The numbers that are not among the others. */
export const without = (numbers: Numbers, others: Numbers): Numbers => numbers.filter((one) => !others.includes(one));

/** The numbers that are also among the others. */
export const among = (numbers: Numbers, others: Numbers): Numbers => numbers.filter((one) => others.includes(one));

/** Whether both have the same numbers, in any order. */
export const isSameSet = (a: Numbers, b: Numbers): boolean => a.length === b.length && without(a, b).length === 0;
