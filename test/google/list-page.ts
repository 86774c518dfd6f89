// Cuts an ordered list of people into pages. The order is total (the id decides last), so that a
// page token is a place in it.
import { readPageToken, writePageToken } from './page-token.ts';
import type { Person } from './person.ts';

export interface SortOrder {
  by: 'email' | 'familyName' | 'givenName';
  isDescending: boolean;
}

interface PageRequest {
  people: Person[];
  order: SortOrder;
  size: number;
  pageToken: string | null;
  /** The rest of the question: a token answers no other. */
  question: string;
  nowMs: number;
  /** Repeat the last person of the page before. */
  isOverlapping: boolean;
}

interface Page {
  people: Person[];
  nextPageToken: string | null;
  pagesBefore: number;
}

export function pageOf(request: PageRequest): Page | 'unknown token' {
  const { pageToken, question, nowMs, order, size } = request;
  const position =
    pageToken === null ? { after: '', pages: 0 } : readPageToken(pageToken, question, nowMs);
  if (!position) return 'unknown token';

  const sign = order.isDescending ? -1 : 1;
  const rows = request.people.map((person) => ({ key: sortKey(person, order.by), person }));
  rows.sort((a, b) => (a.key < b.key ? -sign : a.key > b.key ? sign : 0));
  const isAfter = (key: string) =>
    order.isDescending ? key < position.after : key > position.after;
  const found = position.pages === 0 ? 0 : rows.findIndex((row) => isAfter(row.key));
  const start = found < 0 ? rows.length : found;
  const end = start + size;
  const shown = rows.slice(start, end);
  const last = shown.at(-1);
  const repeated = request.isOverlapping && start > 0 ? rows.slice(start - 1, start) : [];
  return {
    people: [...repeated, ...shown].map((row) => row.person),
    nextPageToken:
      last && end < rows.length
        ? writePageToken({ after: last.key, pages: position.pages + 1 }, question, nowMs)
        : null,
    pagesBefore: position.pages,
  };
}

function sortKey({ user }: Person, by: SortOrder['by']): string {
  const email = user.primaryEmail.toLowerCase();
  const first = by === 'email' ? '' : user.name[by].toLowerCase();
  return `${first}\u0000${email}\u0000${user.id}`;
}
