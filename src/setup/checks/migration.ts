// The migration that this code was written for. A test holds it to the folder `migrations/`, which a Worker can't read.

/** File name of the youngest migration. */
export const LAST_MIGRATION = '0005_roles.sql';
