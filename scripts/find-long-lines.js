const columnsMax = 120;

/** The lines of these sources that have too many columns. One with an address cannot be wrapped and may stay. Pure. */
export const findLongLines = (sources) =>
  sources.flatMap(({ path, text }) =>
    text.split('\n').flatMap((content, index) => {
      const isLong = content.length > columnsMax && !content.includes('://');
      return isLong ? [{ path, line: index + 1, length: content.length }] : [];
    }),
  );
