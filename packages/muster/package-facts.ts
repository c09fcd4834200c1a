/** The version of this package, as its package.json has it; the build puts it in. */
declare const MUSTER_VERSION: string | undefined;

export const version = typeof MUSTER_VERSION === 'undefined' ? '0.0.0' : MUSTER_VERSION;
