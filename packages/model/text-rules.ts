/** Tells whether a text keeps a rule of Joi. It may say no to odd texts that Joi accepts, never yes to others. */
export type TextRule = (text: string) => boolean;

type Args = Readonly<Record<string, unknown>>;

/** The rule of this name, for schemas that convert nothing. Undefined if the rule or an option is not known here. */
export const textRuleOf = (name: string, args: Args): TextRule | undefined => {
  switch (name) {
    case 'min':
      return withLimit(args, (limit) => (text) => text.length >= limit);
    case 'max':
      return withLimit(args, (limit) => (text) => text.length <= limit);
    case 'length':
      return withLimit(args, (limit) => (text) => text.length === limit);
    case 'pattern':
      return patternOf(args);
    case 'email':
      return emailOf(args);
    case 'guid':
      return guidOf(args);
    case 'alphanum':
      return (text) => /^[a-zA-Z0-9]+$/.test(text);
    case 'token':
      return (text) => /^\w+$/.test(text);
    case 'isoDate':
      return (text) => plainIsoDate.test(text) && !Number.isNaN(Date.parse(text));
    case 'trim':
      return args.enabled === true ? (text) => text === text.trim() : undefined;
    case 'case':
      return args.direction === 'lower'
        ? (text) => text === text.toLocaleLowerCase()
        : (text) => text === text.toLocaleUpperCase();
    default:
      return undefined;
  }
};

// the limit may also be a reference, and count bytes of an encoding
const withLimit = ({ limit, ...others }: Args, ruleOf: (limit: number) => TextRule): TextRule | undefined =>
  typeof limit === 'number' && Object.keys(others).length === 0 ? ruleOf(limit) : undefined;

// a description has the pattern as a text: /source/flags
const patternOf = ({ regex, options = {}, ...others }: Args): TextRule | undefined => {
  const { name: _, invert = false, ...unknown } = options as Args;
  if (typeof regex !== 'string' || Object.keys({ ...unknown, ...others }).length > 0) return undefined;
  const end = regex.lastIndexOf('/');
  const pattern = new RegExp(regex.slice(1, end), regex.slice(end + 1));
  return invert ? (text) => !pattern.test(text) : (text) => pattern.test(text);
};

// Joi parses the domain as a URL, which takes most of the time of a create. These addresses of plain letters need no
// parsing: no letters outside ASCII, no "--" (it begins an encoded name), labels of at most 63 letters
const plainEmail = new RegExp(
  [
    /^(?=[^@]{1,64}@)[\w!#$%&'*+\-/=?^`{|}~]+(?:\.[\w!#$%&'*+\-/=?^`{|}~]+)*/,
    /@(?:(?![^.]{64})[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*\.)+(?![^.]{64})[a-zA-Z][a-zA-Z0-9]*(?:-[a-zA-Z0-9]+)*$/,
  ]
    .map(({ source }) => source)
    .join(''),
);
const emailLengthMax = 254;

// these options only make more addresses valid
const emailOf = ({ options = {}, ...others }: Args): TextRule | undefined => {
  const { tlds, allowUnicode: _, allowUnderscore: __, ignoreLength: ___, ...unknown } = options as Args;
  if (tlds !== false || Object.keys({ ...unknown, ...others }).length > 0) return undefined;
  return (text) => text.length <= emailLengthMax && plainEmail.test(text);
};

const plainGuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const guidOf = ({ options = {}, ...others }: Args): TextRule | undefined => {
  const { version, ...unknown } = options as Args;
  if (Object.keys({ ...unknown, ...others }).length > 0) return undefined;
  if (version === undefined) return (text) => plainGuid.test(text);
  const digits = [version].flat().map((name) => String(name).at(-1)); // 'uuidv4'
  return (text) => plainGuid.test(text) && digits.includes(text[14]) && '89abAB'.includes(text.charAt(19));
};

const plainIsoDate =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,3})?Z)?$/;
