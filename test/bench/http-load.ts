// A load generator that hardly takes part in the competition for the processor: requests are bytes made
// beforehand, written to sockets that stay open, one at a time on each. Anything but a 204 is a failure.
import { connect } from 'node:net';

const EXPECTED = 'HTTP/1.1 204 ';
const END_OF_HEAD = '\r\n\r\n';

/** One POST as it goes over the wire. */
export function postBytes(host: string, path: string, headers: Headers, body: string): Buffer {
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`);
  const length = Buffer.byteLength(body);
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: ${host}\r\n${lines.join('\r\n')}\r\n` +
      `content-length: ${length}${END_OF_HEAD}${body}`,
  );
}

/** Sends request after request over one socket until the time is over; a 204 has no body. */
function driveOne(port: number, next: () => Buffer, untilMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let answered = 0;
    let head = '';
    socket.on('connect', () => socket.write(next()));
    socket.setEncoding('latin1').on('data', (chunk) => {
      head += chunk;
      if (!head.endsWith(END_OF_HEAD)) return;
      if (!head.startsWith(EXPECTED)) {
        socket.destroy(new Error(`answered ${head.slice(0, head.indexOf('\r\n'))}`));
        return;
      }
      answered += 1;
      head = '';
      if (performance.now() < untilMs) socket.write(next());
      else socket.end(() => resolve(answered));
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed after ${answered} answers: ${head}`)));
  });
}

export interface Load {
  port: number;
  next: () => Buffer;
  connections: number;
  durationMs: number;
}

/** @returns answers per second, and how many there were */
export async function drive({ port, next, connections, durationMs }: Load) {
  const startedMs = performance.now();
  const counts = await Promise.all(
    Array.from({ length: connections }, () => driveOne(port, next, startedMs + durationMs)),
  );
  const answers = counts.reduce((sum, count) => sum + count, 0);
  return { answers, perSecond: answers / ((performance.now() - startedMs) / 1000) };
}
