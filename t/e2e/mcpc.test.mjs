// mcpc, an MCP client for the command line.  It signs in as the others do, but
// to refresh its token it looks for the metadata of the authorization server on
// the app's host (0.2.6).  There is none, unless nginx serves a copy, as step 3
// of docs/agents/README.md shows; or a front for an IdP (docs/agents/idp.md).

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { blocks } from './document.mjs';
import { inFront, skip } from './front.mjs';
import { Host, connect, whoami } from './mcp_client.mjs';
import { freePort, newHome } from './programs.mjs';
import v1 from './sdk_v1.mjs';
import v2 from './sdk_v2.mjs';
import { newFolder } from './stack.mjs';
import { ACCOUNT, READ, inWorld, proxy } from './world.mjs';


const path = (name) =>
    fileURLToPath(new URL(`node_modules/@apify/mcpc/${name}`, import.meta.url));

// What its program asks before each request: the token that it has, or one that
// it gets with its refresh token.

const REFRESH = `import(process.argv[1])
    .then((module) => module.getValidAccessTokenFromKeychain(process.argv[2]))
    .then(console.log)`;

const [LOCATION] = await blocks('docs/agents/README.md', 'nginx server');


// Signs in, lets the token be an old one, and returns what comes of a refresh.

async function refresh(url, scope) {
    const home = await newHome();

    try {
        const { status, output } = await home.run(process.execPath,
            [path('bin/mcpc'), 'login', url, '--scope', scope]);

        assert.equal(status, 0, output);
        assert.equal((await home.opened()).length, 1);

        await age(join(home.folder, '.mcpc/credentials.json'));

        return await home.run(process.execPath, ['--input-type=module', '-e',
            REFRESH, path('dist/lib/auth/token-refresh.js'), url]);

    } finally {
        await home.stop();
    }
}


async function age(file) {
    const stored = JSON.parse(await readFile(file, 'utf8'));

    for (const [name, text] of Object.entries(stored)) {
        const { expiresAt, ...rest } = JSON.parse(text);

        if (expiresAt) {
            assert.ok(rest.refreshToken);
            stored[name] = JSON.stringify({ ...rest, expiresAt: 1 });
        }
    }

    await writeFile(file, JSON.stringify(stored));
}


async function check(url, { status, stdout, output }) {
    assert.equal(status, 0, output);

    const token = stdout.match(/^eyJ\S+$/m)[0];
    const client = await connect(v1, url, new Host({ issuer: 'kept', token }),
                                 fetch);

    assert.equal((await whoami(client)).user, ACCOUNT);
    await client.close();
}


// A server whose resource is its origin, with the location of the document or
// without.

async function inServer(copy, body) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const folder = await newFolder('mcpc');
    const file = join(folder, 'corp.metadata.json');
    const site = ({ mcp }) => `server {
    listen 127.0.0.1:${port};
    ${copy ? LOCATION.replace('/etc/nginx/corp.metadata.json', file) : ''}

    location / {
        oauth e2e;
        oauth_resource ${url};
        oauth_header X-User sub;
        oauth_scope ${READ};${proxy(mcp.url)}
    }
}
`;

    await inWorld({ as: { refresh: true }, site }, async (world) => {
        const metadata = await fetch(
            `${world.as.issuer}/.well-known/oauth-authorization-server`);

        await writeFile(file, await metadata.text());
        world.as.resources.add(url).add(`${url}/`);
        await body(world, url);
    }, { refused: ['no_token'] });
}


test('without a copy of the metadata it cannot refresh', () =>
    inServer(false, async (world, url) => {
        const { status, output } = await refresh(url,
                                                 `${READ} offline_access`);

        assert.notEqual(status, 0);
        assert.match(output, /Could not find OAuth token endpoint/);
        assert.deepEqual(world.asked().slice(-1), ['POST /token 200']);
    }));


test('with a copy it refreshes, and others are not disturbed', () =>
    inServer(true, async (world, url) => {
        const refreshed = await refresh(url, `${READ} offline_access`);

        assert.deepEqual(world.asked().slice(-2),
                         ['POST /token 200', 'POST /token 200']);
        await check(url, refreshed);

        for (const sdk of [v1, v2]) {
            const client = await connect(sdk, url, new Host(), fetch);

            assert.equal((await whoami(client)).user, ACCOUNT);
            await client.close();
        }
    }));


test('with a front for an IdP it refreshes', { skip }, () =>
    inFront({ kind: 'okta' }, async ({ url, idp }) => {
        const refreshed = await refresh(url, 'notes:read');

        assert.deepEqual(idp.asked('token').map((form) => form.grant_type),
                         ['authorization_code', 'refresh_token']);
        await check(url, refreshed);
    }, ['no_token']));
