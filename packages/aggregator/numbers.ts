/** Sets of partitions, as lists without duplicates. */
export type Numbers = readonly number[];

/** Those that are not among the others. */
export const without = (numbers: Numbers, others: Numbers): Numbers => numbers.filter((one) => !others.includes(one));

/** Those that are also among the others. */
export const among = (numbers: Numbers, others: Numbers): Numbers => numbers.filter((one) => others.includes(one));

/** Whether both have the same numbers, in whatever order. */
export const isSameSet = (a: Numbers, b: Numbers): boolean => a.length === b.length && without(a, b).length === 0;
