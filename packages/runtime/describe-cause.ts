/** Returns the error behind that of a fetch, whose own message is only `fetch failed`, or undefined. Pure. */
export const causeOf = (error: unknown): Error | undefined => {
  if (!(error instanceof Error) || !(error.cause instanceof Error)) return undefined;
  const { cause } = error;
  const [first] = cause instanceof AggregateError && cause.message === '' ? cause.errors : []; // one for each address
  return first instanceof Error ? first : cause;
};

/** Returns why a fetch failed. Pure. */
export const describeCause = (error: unknown): string =>
  causeOf(error)?.message ?? (error instanceof Error ? error.message : String(error));
