/** Prints each problem of a program's settings to standard error; gives the exit code, 2. */
export const refuseSettings = (program: string, problems: readonly string[]): number => {
  for (const problem of problems) console.error(`Cannot start ${program}: ${problem}`);
  return 2;
};
