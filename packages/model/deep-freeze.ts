/**
 * Freezes a value and everything inside it, except dates. Returns the value. A value that is frozen already is taken to
 * be frozen throughout.
 */
export const deepFreeze = <Value>(value: Value): Value => {
  if (typeof value !== 'object' || value === null || value instanceof Date || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
};
