// An authorization server with Django OAuth Toolkit (toolkit.py), which issues
// opaque tokens.  It has no metadata document that nginx would look for.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { freePort, serve } from './programs.mjs';


// The toolkit is one of Debian's packages, and so is this Python's.

const PYTHON = '/usr/bin/python3';
const PROGRAM = fileURLToPath(new URL('toolkit.py', import.meta.url));

// Why the tests with it are left out, or false.

export const skip =
    spawnSync(PYTHON, ['-c', 'import oauth2_provider']).status !== 0
    && `${PYTHON} has no Django OAuth Toolkit`;


// Options: folder, which exists; scopes; user, { name, password }; clients,
// each { client_id, client_secret, grant }, where grant is what the toolkit
// calls it.  Returns { as, stop }, where as is what the clients have to know.

export async function startToolkit({ folder, scopes, user, clients }) {
    const port = await freePort();
    const issuer = `http://127.0.0.1:${port}/o`;
    const server = await serve(PYTHON, [PROGRAM, JSON.stringify({
        database: join(folder, 'toolkit.db'), port, scopes, user, clients,
    })], issuer);

    return {
        as: {
            issuer,
            token_endpoint: `${issuer}/token/`,
            introspection_endpoint: `${issuer}/introspect/`,
            revocation_endpoint: `${issuer}/revoke_token/`,
        },
        stop: server.stop,
    };
}
