/** Prints each problem of a program's settings to standard error. Returns the exit code, which is 2. */
export const refuseSettings = (program: string, problems: readonly string[]): number => {
  for (const problem of problems) console.error(`Cannot start ${program}: ${problem}`);
  return 2;
};
