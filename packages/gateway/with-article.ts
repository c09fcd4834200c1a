/** Returns a name with its article, by the first letter: `a note`, `an asset`, but also `a user`. Pure. */
export const withArticle = (name: string): string => `${/^[aeio]/.test(name) ? 'an' : 'a'} ${name}`;
