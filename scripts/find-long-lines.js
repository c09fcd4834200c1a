const columnsMax = 120;

/** Returns the lines with more than 120 columns. Lines with a URL are allowed, because they cannot be wrapped. Pure. */
export const findLongLines = (sources) =>
  sources.flatMap(({ path, text }) =>
    text.split('\n').flatMap((content, index) => {
      const isLong = content.length > columnsMax && !content.includes('://');
      return isLong ? [{ path, line: index + 1, length: content.length }] : [];
    }),
  );
