// What may stand in a query: each parameter once, none that is not known, cursors that are ours. Whatever else arrives is
// answered 400 with the name of the parameter.
import type { Context } from 'hono';
import { validator } from 'hono-openapi';
import * as z from 'zod';
import { refuse } from './refusal.ts';
import type { ApiEnv } from './tokens.ts';

/** A name that somebody made up is repeated to them so far. */
const LONGEST_NAME = 40;

/**
 * A whole number, which stays the text that it is: whatever is transformed has no default in the document, which is told the
 * bounds and not the spelling.
 */
const wholeNumber = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .refine((text) => Number(text) >= minimum, `must be at least ${minimum}`)
    .refine((text) => Number(text) <= maximum, `must be at most ${maximum}`);

const integer = { type: 'integer', pattern: undefined } as const;

/** How many a page holds; the text of a number. */
export const limitUpTo = (maximum: number, usual: number) =>
  wholeNumber(1, maximum)
    .meta({ ...integer, minimum: 1, maximum })
    .default(String(usual))
    .meta({ default: usual, description: 'How many at most.' });

/** The number of an event; its text. */
export const seq = (description: string) =>
  wholeNumber(0, Number.MAX_SAFE_INTEGER).meta({ ...integer, minimum: 0, description });

/** Where a page goes on. */
export const cursor = (description: string) => z.string().meta({ description });

/** 400, naming the parameter. */
export const badParameter = (c: Context<ApiEnv>, name: string, problem: string): Response =>
  refuse(c, 400, 'invalid', `${name}: ${problem}.`);

interface Issue {
  message: string;
  path?: readonly (PropertyKey | { key: PropertyKey })[] | undefined;
  keys?: readonly string[];
  code?: string;
}

function firstProblem({ path, keys, code, message }: Issue): [name: string, problem: string] {
  if (keys?.[0] !== undefined) return [keys[0].slice(0, LONGEST_NAME), 'is no parameter here'];
  const first = path?.[0];
  const name = String(typeof first === 'object' ? first.key : (first ?? 'query'));
  return [name, code === 'invalid_type' ? 'may stand there once' : message];
}

/** Lets a request through whose query is as the schema says. */
export const query = <Schema extends z.ZodObject>(schema: Schema) =>
  validator('query', schema, (result, c) => {
    if (result.success) return;
    const [issue] = result.error as readonly Issue[];
    const [name, problem] = firstProblem(issue ?? { message: 'can’t be read' });
    return badParameter(c as unknown as Context<ApiEnv>, name, problem);
  });
