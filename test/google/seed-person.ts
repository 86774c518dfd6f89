// What the example company says about each of its people, and its two domains.
import type { CustomSchemas } from './person.ts';

export interface SeedPerson {
  email: string;
  given: string;
  family: string;
  orgUnit: string;
  title?: string;
  department?: string;
  manager?: string;
  phone?: string;
  employeeId?: string;
  lastLogin?: string;
  photo?: string;
  aliases?: string[];
  schemas?: CustomSchemas;
  isSuperAdmin?: boolean;
  isSuspended?: boolean;
  isArchived?: boolean;
}

const PRIMARY = 'example.test';
export const STUDIO = 'example-studio.test';
export const at = (local: string, domain = PRIMARY) => `${local}@${domain}`;
