/**
 * Reads the beginning of the body of an answer as text, at most so many bytes. What comes behind is not read. Rejects
 * when the connection breaks before that.
 */
export const readStart = async (response: Response, bytesMax: number): Promise<string> => {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const decoder = new TextDecoder();
  let text = '';
  for (let bytes = 0; bytes < bytesMax; ) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.length;
    text += decoder.decode(value, { stream: true });
  }
  void reader.cancel().catch(() => undefined);
  return text;
};
