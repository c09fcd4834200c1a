/** Returns why a fetch failed. Its own message is only `fetch failed`: its cause has the reason. Pure. */
export const describeCause = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  if (cause instanceof AggregateError && cause.message === '') return describeCause(cause.errors[0]); // of each address
  return cause instanceof Error ? cause.message : message;
};
