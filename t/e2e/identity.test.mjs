// The examples of docs/identity.md that verify an assertion, in Node.js with jose
// and in Python with PyJWT.  They are taken from the document and run against
// nginx: both accept what it signs, with either kind of key, and nothing else.

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import * as jose from 'jose';

import { startNginx } from '../../demo/nginx.mjs';
import { blocks } from './document.mjs';
import { newFolder, started } from './stack.mjs';
import { BINARY, MODULE } from './world.mjs';


// Debian's Python, whose packages these are.

const PYTHON = '/usr/bin/python3';

const noPython =
    spawnSync(PYTHON, ['-c', 'import jwt, cryptography']).status !== 0
    && `${PYTHON} has no PyJWT or cryptography`;

const APP = 'https://app.example.com';      // of the examples
const KEYS = '/.well-known/oauth-assertion-keys';

const run = promisify(execFile);


const issuer = await jose.generateKeyPair('ES256', { extractable: true });
const own = {};

for (const alg of ['ES256', 'RS256']) {
    own[alg] = await jose.generateKeyPair(alg, { extractable: true });
}

const folder = await newFolder('identity', {
    ES256: await jose.exportPKCS8(own.ES256.privateKey),
    RS256: await jose.exportPKCS8(own.RS256.privateKey),
    jwks: JSON.stringify({ keys: [
        { ...await jose.exportJWK(issuer.publicKey), kid: '1', alg: 'ES256' },
    ] }),
});

const app = await started(startApp());


for (const alg of ['ES256', 'RS256']) {
    const nginx = await started(startNginx({
        module: MODULE, binary: BINARY, workers: 1,
        folder: await newFolder(`identity-${alg}`),
        site: (port) => site(port, alg),
    }));

    await examine(alg, 'Node.js', await node(nginx, alg), nginx);
    await examine(alg, 'Python', await python(nginx, alg), nginx, noPython);
}


// verify: headers to { claims } or { error }.

async function examine(alg, language, verify, nginx, skip = false) {
    const name = (what) => `${language}, ${alg}: ${what}`;

    test(name('an assertion'), { skip }, async () => {
        const { headers } = await ask(nginx, await token());
        const { claims, error } = await verify(headers);

        assert.equal(error, undefined);
        assert.equal(claims.sub, 'alice');
        assert.equal(claims.client_id, 'agent');
        assert.equal(claims.token_iss, 'https://as.example.com');
        assert.equal(jose.decodeProtectedHeader(headers['x-assertion']).alg,
                     alg);
    });

    test(name('none'), { skip }, async () => {
        assert.ok((await verify({})).error);
    });

    test(name('another audience'), { skip }, async () => {
        const { headers } = await ask(nginx, await token(), '/other');

        assert.ok(headers['x-assertion']);
        assert.ok((await verify(headers)).error);
    });

    test(name('one byte differs'), { skip }, async () => {
        const { headers } = await ask(nginx, await token());
        const [head, payload, signature] = headers['x-assertion'].split('.');
        const other = signature.startsWith('A') ? 'B' : 'A';

        assert.ok((await verify({ 'x-assertion':
            `${head}.${payload}.${other}${signature.slice(1)}` })).error);
    });

    // These are signed with the very key.

    const { kid } = await published(nginx);
    const good = { typ: 'oauth-assertion+jwt', iss: APP, aud: APP,
                   exp: Math.floor(Date.now() / 1000) + 600 };

    for (const [what, members, accepted] of [
        ['the control', {}, true],
        ['another typ', { typ: 'at+jwt' }],
        ['no typ', { typ: undefined }],
        ['another issuer', { iss: 'https://as.example.com' }],
        ['it has ended', { exp: Math.floor(Date.now() / 1000) - 60 }],
        ['it never ends', { exp: undefined }],
    ]) {
        test(name(what), { skip }, async () => {
            const { typ, ...claims } = { ...good, ...members };
            const text = await new jose.SignJWT(claims)
                .setProtectedHeader({ alg, kid, ...typ && { typ } })
                .sign(own[alg].privateKey);
            const { error } = await verify({ 'x-assertion': text });

            assert.equal(error === undefined, accepted ?? false, error);
        });
    }
}


// The examples, which ask this nginx for the keys.

async function example(tag, nginx) {
    const [text] = await blocks('docs/identity.md', tag);
    const local = text.replace(APP + KEYS, nginx.url + KEYS);

    assert.notEqual(local, text, 'the example names the keys');

    return local;
}

async function node(nginx, alg) {
    const path = join(folder, `${alg}.mjs`);

    await writeFile(path, await example('js', nginx));
    await symlink(fileURLToPath(new URL('node_modules', import.meta.url)),
                  join(folder, 'node_modules')).catch(() => {});

    const { identity } = await import(path);

    return async (headers) => {
        try {
            return { claims: await identity(headers) };

        } catch (error) {
            return { error: `${error}` };
        }
    };
}

async function python(nginx, alg) {
    const program = join(folder, `run_${alg}.py`);

    await writeFile(join(folder, `verify_${alg}.py`),
                    await example('python', nginx));
    await writeFile(program, `
import json, sys
from verify_${alg} import identity

try:
    print(json.dumps({"claims": identity(json.loads(sys.argv[1]))}))
except Exception as error:
    print(json.dumps({"error": repr(error)}))
`);

    return async (headers) => {
        const { stdout } = await run(PYTHON, [program,
                                              JSON.stringify(headers)]);

        return JSON.parse(stdout);
    };
}


// nginx, the app behind it, and a client with a good token.

function site(port, alg) {
    return `
oauth_issuer corp {
    issuer https://as.example.com;
    jwks_file ${folder}/jwks;
}

server {
    listen 127.0.0.1:${port};
    server_name app.example.com;

    oauth corp;
    oauth_resource ${APP};
    oauth_assertion_key ${folder}/${alg};
    oauth_assertion X-Assertion;

    location / { proxy_pass ${app.url}; }

    location /other {
        oauth_assertion X-Assertion audience=https://other.example.com;
        proxy_pass ${app.url};
    }
}
`;
}

async function startApp() {
    const server = createServer((request, response) => {
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify({ headers: request.headers }));
    });

    await new Promise((resolve) => {
        server.listen(0, '127.0.0.1', resolve);
    });

    return {
        url: `http://127.0.0.1:${server.address().port}`,
        stop: () => new Promise((resolve) => {
            server.close(resolve);
            server.closeAllConnections();
        }),
    };
}

async function token() {
    return await new jose.SignJWT({ client_id: 'agent', scope: 'read' })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: '1' })
        .setIssuer('https://as.example.com').setAudience(APP)
        .setSubject('alice').setIssuedAt().setExpirationTime('10m')
        .sign(issuer.privateKey);
}

async function ask(nginx, bearer, path = '/') {
    const response = await fetch(nginx.url + path, {
        headers: { Authorization: `Bearer ${bearer}`,
                   'X-Assertion': 'forged' },
    });

    assert.equal(response.status, 200);

    return await response.json();
}

async function published(nginx) {
    const { keys: [key] } = await (await fetch(nginx.url + KEYS)).json();

    return key;
}
