/** What the processes wrote to their logs, counted by process and text. A plain value, changed in this file only. */
export type Warnings = Map<string, number>;

const differentMost = 30;

/** Counts one line of a process's log. */
export const countLine = (warnings: Warnings, name: string, line: string): void => {
  const text = `${name}: ${textOf(line)}`;
  const key = warnings.has(text) || warnings.size < differentMost ? text : 'other lines';
  warnings.set(key, (warnings.get(key) ?? 0) + 1);
};

const textOf = (line: string): string => {
  try {
    return String((JSON.parse(line) as { msg: unknown }).msg);
  } catch {
    return line.slice(0, 200);
  }
};
