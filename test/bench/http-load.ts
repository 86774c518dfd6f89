// A load generator that hardly takes part in the competition for the processor: requests are bytes made
// beforehand, written to sockets that stay open, one at a time on each. Any other status than the expected one is a
// failure.
import { connect } from 'node:net';

const END_OF_HEAD = '\r\n\r\n';

/** One GET as it goes over the wire. */
export function getBytes(host: string, path: string, headers: Record<string, string>): Buffer {
  const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}${END_OF_HEAD}`);
}

/** One POST as it goes over the wire. */
export function postBytes(host: string, path: string, headers: Headers, body: string): Buffer {
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`);
  const length = Buffer.byteLength(body);
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: ${host}\r\n${lines.join('\r\n')}\r\n` +
      `content-length: ${length}${END_OF_HEAD}${body}`,
  );
}

/** Whether an answer has come to its end; a body must say how long it is. */
function isWhole(text: string, status: 200 | 204): boolean {
  const end = text.indexOf(END_OF_HEAD);
  if (end < 0) return false;
  if (!text.startsWith(`HTTP/1.1 ${status} `)) {
    throw new Error(`answered ${text.slice(0, text.indexOf('\r\n'))}`);
  }
  if (status === 204) return true;
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1];
  if (length === undefined) throw new Error('an answer without content-length');
  return text.length >= end + END_OF_HEAD.length + Number(length);
}

/** Sends request after request over one socket until the time is over. */
function driveOne({ port, next, status }: Load, untilMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let answered = 0;
    let text = '';
    socket.on('connect', () => socket.write(next()));
    socket.setEncoding('latin1').on('data', (chunk) => {
      text += chunk;
      try {
        if (!isWhole(text, status)) return;
      } catch (error) {
        socket.destroy(error as Error);
        return;
      }
      answered += 1;
      text = '';
      if (performance.now() < untilMs) socket.write(next());
      else socket.end(() => resolve(answered));
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed after ${answered} answers: ${text}`)));
  });
}

export interface Load {
  port: number;
  next: () => Buffer;
  connections: number;
  durationMs: number;
  status: 200 | 204;
}

/** @returns answers per second, and how many there were */
export async function drive(load: Load) {
  const startedMs = performance.now();
  const untilMs = startedMs + load.durationMs;
  const counts = await Promise.all(
    Array.from({ length: load.connections }, () => driveOne(load, untilMs)),
  );
  const answers = counts.reduce((sum, count) => sum + count, 0);
  return { answers, perSecond: answers / ((performance.now() - startedMs) / 1000) };
}
