import openapiTS, { astToString } from 'openapi-typescript';

/** Returns the types of an API as TypeScript, from its OpenAPI document. Throws if the document is not valid. */
export const generateClient = async (document: object): Promise<string> => {
  const nodes = await openapiTS(document as never);
  return `// Made from /openapi.json by openapi-typescript: npm run client\n\n${astToString(nodes)}`;
};
