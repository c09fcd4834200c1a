/** The lines in the logs of the processes, counted by process and text. A plain value, changed only in this file. */
export type Warnings = Map<string, number>;

const textsMax = 30;

/** Counts one line of a process's log. After 30 different texts, new ones count as `other lines`. */
export const countLine = (warnings: Warnings, name: string, line: string): void => {
  const text = `${name}: ${textOf(line)}`;
  const key = warnings.has(text) || warnings.size < textsMax ? text : 'other lines';
  warnings.set(key, (warnings.get(key) ?? 0) + 1);
};

const textOf = (line: string): string => {
  try {
    return String((JSON.parse(line) as { msg: unknown }).msg);
  } catch {
    return line.slice(0, 200);
  }
};
