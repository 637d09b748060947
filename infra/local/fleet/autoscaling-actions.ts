import type { Groups } from './groups.ts';
import type { Fields, Xml } from './wire.ts';

/** Answers one action of the Query API. Null: an answer without a result element. */
export type Handler = (groups: Groups, input: Fields) => Xml | Promise<Xml>;

export type Actions = Readonly<Record<string, Handler>>;
