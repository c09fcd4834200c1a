/** A fault in what was sent: where (a JSON pointer into the body) and what. */
export type Fault = { pointer: string; detail: string };
