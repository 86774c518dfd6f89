// Who is signed in, for the sample's pages: photo or initials, name, address, organisation unit, roles. What people are
// called is theirs: it stays text, inside <bdi>, whatever it says.
import { Photo } from '../page/photo.tsx';
import type { Session } from '../sso/session.ts';

export function Person({ user }: Pick<Session, 'user'>) {
  const { name, email, photoUrl, roles, isAdmin, orgUnitPath } = user;
  return (
    <>
      <div class="person">
        <Photo name={name || email} url={photoUrl} />
        <div>
          <h1>
            <bdi>{name || email}</bdi>
          </h1>
          <p>
            <bdi>{email}</bdi>
          </p>
        </div>
      </div>
      <dl>
        <dt>Organisation unit</dt>
        <dd>
          <bdi>{orgUnitPath}</bdi>
        </dd>
        <dt>Roles</dt>
        <dd>
          {roles.length === 0 && !isAdmin ? (
            'None'
          ) : (
            <ul class="roles">
              {isAdmin && <li>Workspace super admin</li>}
              {roles.map((role) => (
                <li>
                  <bdi>{role}</bdi>
                </li>
              ))}
            </ul>
          )}
        </dd>
      </dl>
    </>
  );
}
