export { type Asked, at, given, type Happened, play, type WhenOptions } from '@muster/testing/given';
