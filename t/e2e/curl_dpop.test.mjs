// The commands of docs/tokens.md that try DPoP by hand: curl, with a proof that
// tools/dpop-proof makes.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { blocks } from './document.mjs';
import { freePort } from './programs.mjs';
import { statusOf } from './requests.mjs';
import { READ, proxy, startWorld } from './world.mjs';


const TOP = fileURLToPath(new URL('../..', import.meta.url));
const SECRET = 'a secret for the client of these tests';

const service = {
    client_id: 'service',
    client_secret: SECRET,
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    scope: READ,
};

const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), 'oauth-curl-'));
const port = await freePort();
const open = `http://127.0.0.1:${port}`;
const world = await startWorld({
    as: {
        clients: [service],
        features: { clientCredentials: { enabled: true },
                    dPoP: { enabled: true } },
    },
    site,
});

const [forToken, forResource] = (await blocks('docs/tokens.md', 'sh'))
    .filter((body) => body.includes('tools/dpop-proof'));

for (const name of ['required', 'nonce']) {
    world.as.resources.add(`${open}/${name}`);
}

after(async () => {
    await world.stop();
    await rm(folder, { recursive: true, force: true });
});


test('a token and a request with it', async () => {
    const url = `${open}/required`;
    const token = await tokenFor(url);

    for (let i = 0; i < 3; i++) {
        assert.equal(JSON.parse(await bash(forResource, { url, token })).user,
                     service.client_id);
    }

    assert.equal(await statusOf(url, token), 401);
    assert.equal(await statusOf(url, token, 'DPoP'), 401);
});


test('the key stays in its file, and nobody else may read it', async () => {
    const url = `${open}/required`;
    const token = await tokenFor(url);
    const key = join(folder, 'other.pem');
    const answer = await bash(forResource, { url, token, key });

    assert.equal(JSON.parse(answer).error, 'invalid_dpop_proof');
    assert.equal((await stat(key)).mode & 0o777, 0o600);
    assert.equal(JSON.parse(await bash(forResource, { url, token })).user,
                 service.client_id);
});


test('a proof is about its method, URL and token', async () => {
    const url = `${open}/required`;
    const token = await tokenFor(url);
    const other = await tokenFor(url);

    assert.equal(await send(url, token, ['-t', token, 'GET', `${url}?a#b`]),
                 200);
    assert.equal(await send(url, token, ['-t', token, 'POST', url]), 401);
    assert.equal(await send(url, token, ['-t', token, 'GET', `${url}/x`]), 401);
    assert.equal(await send(url, token, ['-t', other, 'GET', url]), 401);
    assert.equal(await send(url, token, ['GET', url]), 401);
});


test('a nonce', async () => {
    const url = `${open}/nonce`;
    const token = await tokenFor(url);
    const first = await fetch(url, { headers: {
        authorization: `DPoP ${token}`,
        dpop: await proof(['-t', token, 'GET', url]),
    } });

    assert.equal(first.status, 401);

    const nonce = first.headers.get('dpop-nonce');

    assert.equal(await send(url, token,
                            ['-t', token, '-n', nonce, 'GET', url]), 200);
});


test('arguments that are wrong', async () => {
    await assert.rejects(proof(['GET']), { code: 2, stderr: /^usage: / });
    await assert.rejects(proof(['-x', 'GET', open]), { code: 2 });
    await assert.rejects(proof(['-k', '/dev/null', 'GET', open]),
                         { code: 1, stderr: /null is not a private key/ });
    await assert.rejects(proof(['-k', `${folder}/none/key`, 'GET', open]),
                         { code: 1, stderr: /no key could be written/ });
    assert.match(await proof(['GET', open]), /^[\w-]+\.[\w-]+\.[\w-]{86}$/);
});


test('the error log is clean', async () => {
    await world.checkLog({ refused: ['proof_other_key', 'proof_method',
                                     'proof_uri', 'proof_token',
                                     'proof_claims', 'proof_nonce',
                                     'no_proof', 'sender_constrained'] });
});


async function tokenFor(url) {
    return JSON.parse(await bash(forToken, { url })).access_token;
}


// Runs a block of the document, with values for what its reader has to fill in.

async function bash(block, { url, token = '', key = join(folder, 'key.pem') }) {
    const { stdout } = await run('bash', ['-euc', block], {
        cwd: TOP,
        env: {
            ...process.env, no_proxy: '*', DPOP_KEY: key,
            TOKEN_ENDPOINT: `${world.as.issuer}/token`,
            CLIENT_ID: service.client_id, CLIENT_SECRET: SECRET,
            URL: url, SCOPE: READ, TOKEN: token,
        },
    });

    return stdout;
}


async function proof(args) {
    const { stdout } = await run(join(TOP, 'tools/dpop-proof'), args, {
        env: { ...process.env, DPOP_KEY: join(folder, 'key.pem') },
    });

    return stdout.trim();
}


async function send(url, token, args) {
    const { status } = await fetch(url, { headers: {
        authorization: `DPoP ${token}`, dpop: await proof(args) } });

    return status;
}


function site(self) {
    const location = (name, dpop) => `
    location /${name} {
        oauth e2e;
        oauth_resource ${open}/${name};
        oauth_scope ${READ};
        oauth_header X-User sub;
        oauth_dpop ${dpop};${proxy(self.app.url)}
    }`;

    return `
server {
    listen 127.0.0.1:${port};
${location('required', 'required')}
${location('nonce', 'required nonce')}
}
`;
}
