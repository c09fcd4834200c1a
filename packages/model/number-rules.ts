/** Tells whether a safe number keeps a rule of Joi. */
export type NumberRule = (number: number) => boolean;

type Args = Readonly<Record<string, unknown>>;

/** The rule of this name, for schemas that convert nothing. Undefined if the rule or an option is not known here. */
export const numberRuleOf = (name: string, args: Args): NumberRule | undefined => {
  const { limit, sign } = args;
  switch (name) {
    case 'integer':
      return Number.isInteger;
    case 'min':
      return typeof limit === 'number' ? (number) => number >= limit : undefined;
    case 'max':
      return typeof limit === 'number' ? (number) => number <= limit : undefined;
    case 'greater':
      return typeof limit === 'number' ? (number) => number > limit : undefined;
    case 'less':
      return typeof limit === 'number' ? (number) => number < limit : undefined;
    case 'sign':
      return sign === 'positive' ? (number) => number > 0 : (number) => number < 0;
    case 'port':
      return (number) => Number.isInteger(number) && number >= 0 && number <= 65_535;
    case 'precision':
      return typeof limit === 'number' ? (number) => decimalsOf(number) <= limit : undefined;
    case 'multiple':
      return multipleOf(args);
    default:
      return undefined;
  }
};

// the arithmetic of Joi, so that fractions are rounded as it rounds them
const multipleOf = ({ base, baseDecimalPlace, pfactor }: Args): NumberRule | undefined => {
  if (typeof base !== 'number') return undefined;
  const [decimals, factor] = [Number(baseDecimalPlace), Number(pfactor)];
  return (number) => decimalsOf(number) <= decimals && Math.round(factor * number) % Math.round(factor * base) === 0;
};

const decimalsOf = (number: number): number => {
  if (Number.isInteger(number)) return 0;
  const [mantissa = '', exponent = '0'] = String(number).split('e');
  return (mantissa.split('.')[1]?.length ?? 0) - Number(exponent);
};
