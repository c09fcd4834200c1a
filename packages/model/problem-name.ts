/** Returns the name of the problem for a refusal, in kebab case: `InsufficientFunds` becomes `insufficient-funds`. */
export const problemNameOf = (reason: string): string => reason.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();

/** The problems of the engine itself. No entity may declare a refusal with such a name. */
export const engineProblemNames = [
  ...(['invalid-request', 'invalid-input', 'invalid-body', 'invalid-document', 'out-of-reach', 'other-type'] as const),
  ...([
    'key-required',
    'scope-too-small',
    'not-found',
    'no-such-route',
    'no-such-command',
    'method-not-allowed',
    'foreign-origin',
    'not-acceptable',
  ] as const),
  ...(['request-timeout', 'exists', 'deleted', 'other-version', 'no-such-version', 'position-too-old'] as const),
  ...([
    'body-too-large',
    'unsupported-media-type',
    'expectation-failed',
    'precondition-required',
    'too-many-requests',
    'upgrade-required',
    'head-too-large',
  ] as const),
  ...(['fault', 'unavailable'] as const),
] as const;

export type EngineProblemName = (typeof engineProblemNames)[number];
