import type { Fault, FaultCode } from '@muster/model';

/** The parameters of a request. One that is given more than once is a list. */
export type Given = Readonly<Record<string, unknown>>;

/** A parsed part of the parameters. Its value is not used if there are faults. */
export type Part<Value> = { value: Value; faults: Fault[] };

/** Returns the faults of a part. */
export const faultsOf = ({ faults }: Part<unknown>): Fault[] => faults;

/** Returns a part with this value and these faults. */
export const partOf = <Value>(value: Value, faults: Fault[] = []): Part<Value> => ({ value, faults });

/** A fault of a parameter. */
export const fault = (name: string, detail: string, code: FaultCode = 'invalid-parameter'): Fault => ({
  pointer: `/${name.slice(0, 80)}`,
  code,
  detail,
});

/** What a client sent, shortened for a message. */
export const shown = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 80);
