// Who may open the console: a super admin of the directory, or whoever has the role `rollcall:admin` there. Everything
// behind this reads and changes the directory of that session, and no other.
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from '../config.ts';
import { log } from '../log.ts';
import { CONSOLE_PATH, navOf } from '../page/operator-nav.ts';
import { mayOpenSetup } from '../setup/door.ts';
import { nameOf, type Session, sessionOf } from '../sso/session.ts';
import { noPermissionPage, signInPage } from './pages/no-permission.tsx';

export interface ConsoleEnv {
  Bindings: AppEnv['Bindings'];
  Variables: AppEnv['Variables'] & { operator: Session };
}

const ADMIN_ROLE = 'rollcall:admin';

const mayOperate = ({ user }: Session) => user.isAdmin || user.roles.includes(ADMIN_ROLE);

/** The navigation for somebody who may operate. */
export const navFor = (session: Session) =>
  navOf({
    mayOpenConsole: true,
    mayOpenSetup: mayOpenSetup(session),
  });

/** 401 with a way to sign in for strangers, 403 for everybody else who may not. */
export const operatorsOnly = createMiddleware<ConsoleEnv>(async (c, next) => {
  const config = c.get('config');
  const session = await sessionOf(c.env, config, c.req.header('cookie'), 'page');
  // Where a form leads there is no page to come back to.
  const path = c.req.method === 'POST' ? CONSOLE_PATH : c.req.path;
  if (session === null)
    return c.html(signInPage({ canSignIn: config.oauthClient !== undefined, path }), 401);
  if (!mayOperate(session)) {
    log('warn', 'console.refused', { userId: session.user.id, requestId: c.get('requestId') });
    return c.html(noPermissionPage({ name: nameOf(session), path }), 403);
  }
  c.set('operator', session);
  return next();
});
