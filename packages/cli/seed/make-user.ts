import type { Fields } from '@muster/model';
import { v7 as uuidv7 } from 'uuid';

export type SeededThing = { id: string; fields: Fields };

/** Returns user number `index` of the directory with this seed: the same pair always gives the same user. Pure. */
export const makeUser = (seed: number, index: number): SeededThing => {
  const draw = openDraws(seed, index);
  const given = pick(givenNames, draw());
  const family = pick(familyNames, draw());
  const group = Math.floor(draw() ** 2 * groups) + 1; // a few large groups, many small ones
  const email = `${asLetters(given)}.${asLetters(family)}${index}@${pick(domains, draw())}`;
  return { id: seededId(draw, index), fields: { name: `${given} ${family}`, email, group } };
};

/** The id of thing number `index`, from these draws. */
export const seededId = (draw: () => number, index: number): string => {
  const random = Uint8Array.from({ length: 16 }, () => Math.floor(draw() * 256));
  return uuidv7({ msecs: firstMs + index, seq: index, random });
};

const firstMs = Date.UTC(2026, 0, 1);
const groups = 200;

const givenNames = [
  ...[
    'Ada',
    'Aino',
    'Ali',
    'Amara',
    'Anton',
    'Björn',
    'Chiara',
    'Chen',
    'Dana',
    'Diego',
    'Elif',
    'Emil',
    'Fatima',
    'Finn',
    'Grace',
    'Hana',
    'Ines',
    'Ivan',
  ],
  ...[
    'Jonas',
    'Kaja',
    'Kofi',
    'Lea',
    'Liam',
    'Mei',
    'Mira',
    'Noah',
    'Olga',
    'Omar',
    'Paula',
    'Priya',
    'Rosa',
    'Sam',
    'Sofia',
    'Tariq',
    'Uma',
    'Yuki',
    'Zoë',
  ],
];
const familyNames = [
  ...[
    'Abe',
    'Ahmed',
    'Bauer',
    'Bianchi',
    'Castro',
    'Dubois',
    'Eriksson',
    'Fischer',
    'García',
    'Haddad',
    'Hansen',
    'Ito',
    'Jansen',
    'Kaya',
    'Keller',
    'Khan',
  ],
  ...[
    'Kowalski',
    'Lee',
    'Lopez',
    'Lovelace',
    'Martin',
    'Mensah',
    'Müller',
    'Nguyen',
    'Novák',
    "O'Brien",
    'Okafor',
    'Patel',
    'Petrov',
    'Rossi',
    'Santos',
  ],
  ...['Schmidt', 'Silva', 'Singh', 'Smith', 'Tanaka', 'Virtanen', 'Wang', 'Weber', 'Yılmaz'],
];
const domains = ['example.com', 'example.net', 'example.org', 'mail.example.com'];

const pick = (from: readonly string[], at: number): string => from[Math.floor(at * from.length)] ?? '';

const asLetters = (name: string) =>
  name
    .normalize('NFD')
    .replaceAll('ı', 'i')
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase();

/** Pseudo-random numbers from 0 up to but not 1, always the same for the same pair: splitmix32. */
export const openDraws = (seed: number, index: number): (() => number) => {
  const at = { state: mix((seed >>> 0) ^ mix(index + 0x9e3779b9)) };
  return () => {
    at.state = (at.state + 0x9e3779b9) | 0;
    return mix(at.state) / 0x1_0000_0000;
  };
};

const mix = (value: number): number => {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
};
