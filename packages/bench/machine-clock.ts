/** The monotonic clock that all processes of this machine share, in milliseconds. */
export const readMachineMs = (): number => Number(process.hrtime.bigint()) / 1e6;
