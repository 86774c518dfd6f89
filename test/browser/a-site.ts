// A web site of one page, on a port of its own, so that each is another origin.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** In the head of every page, or the browser asks for an icon and complains. */
export const NO_ICON = '<link rel="icon" href="data:,">';
export const HTML = { 'content-type': 'text/html; charset=utf-8' };

const servers: Server[] = [];

/**
 * @param body the same at every path, or made of the path and the cookies that came along
 * @returns `http://127.0.0.1:<port>/`
 */
export async function aSite(
  headers: Record<string, string | string[]>,
  body: string | ((path: string, cookies: string) => string),
): Promise<string> {
  const server = createServer((request, response) => {
    const text =
      typeof body === 'string' ? body : body(request.url ?? '/', request.headers.cookie ?? '');
    response.writeHead(200, headers).end(text);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

export function closeSites(): void {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
}
