// What a form says that a browser sent.
import type { HonoRequest } from 'hono';

type Fields = Record<string, string | File | (string | File)[]>;

/** Fields that stand there more than once as a list. Nothing where the body can't be read: whoever sent it is at fault. */
export async function formFields(request: HonoRequest): Promise<Fields> {
  try {
    return await request.parseBody({ all: true });
  } catch (error) {
    if (error instanceof TypeError) return {};
    throw error;
  }
}
