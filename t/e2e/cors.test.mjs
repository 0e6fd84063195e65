// Agents that run in pages of another origin, in a real browser.  They discover
// the resource, are refused, read why, and come back with a token.  CORS fields
// that the app sends to browsers stay as the app sent them.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

import { startServer } from '../../demo/server.mjs';
import { haveChromium, startChromium } from './chromium.mjs';
import { REDIRECT, registeredClient } from './mcp_client.mjs';
import { startPages } from './pages.mjs';
import { started } from './stack.mjs';
import { ACCOUNT, READ, WRITE, startWorld } from './world.mjs';


const METADATA = '/.well-known/oauth-protected-resource';

// The fields that clients of MCP ask for (inspector, SDKs) besides
// "authorization".

const MCP_FIELDS = {
    'Content-Type': 'application/json',
    'MCP-Protocol-Version': '2026-07-28',
    'Mcp-Session-Id': 'a session',
    'Last-Event-ID': '7',
    'Mcp-Method': 'tools/call',
    'Mcp-Name': 'whoami',
};

const skip = !haveChromium() && 'no Chromium here';

if (skip) {
    test('pages of another origin', { skip }, () => {});

} else {
    await run();
}


async function run() {
    const app = await started(startApp());
    const pages = await started(startPages());
    const world = await started(startWorld({
        as: { clients: [registeredClient(`${READ} ${WRITE}`)] },
        site: (world, port) => site(world, port, app, pages),
    }));
    const chromium = await started(startChromium());

    const { port } = world.nginx;
    const url = `http://127.0.0.2:${port}`;
    const read = await world.as.sign({ aud: url, scope: READ });
    const write = await world.as.sign({ aud: url, scope: `${READ} ${WRITE}` });

    for (const [name, from, to] of [
        ['http/1.1', pages.url, url],
        ['h2', `https://127.0.0.4:${port}`, `https://127.0.0.3:${port}`],
    ]) {
        test(`${name}: a page reads the challenge and comes back`, async () => {
            const token = await world.as.sign({ aud: to, scope: READ });
            const page = await chromium.open(from);
            const refused = await page.run(ask, `${to}/app`);

            assert.equal(refused.status, 401);
            assert.equal(refused.headers['www-authenticate'],
                         `Bearer resource_metadata="${to}${METADATA}", `
                         + `scope="${READ}"`);
            assert.equal(refused.body.resource, to);

            const metadata = await page.run(ask,
                refused.body.resource_metadata,
                { headers: { 'MCP-Protocol-Version': '2026-07-28' } });

            assert.equal(metadata.status, 200);
            assert.equal(metadata.body.resource, to);
            assert.equal(metadata.body.authorization_servers[0],
                         world.as.issuer);

            const seen = app.requests.length;
            const answer = await page.run(ask, `${to}/app`, {
                headers: { Authorization: `Bearer ${token}` },
            });

            assert.equal(answer.status, 200);
            assert.equal(answer.body.user, ACCOUNT);
            assert.equal(answer.headers['mcp-session-id'], 'of the app');
            assert.equal(app.requests.length, seen + 1);

            assert.deepEqual(await asked(page, `${to}/app`), ['authorization']);
            assert.ok((await page.exchanges(to))
                .filter(({ method }) => method === 'GET')
                .every(({ protocol }) => protocol === name));
        });
    }


    test('a preflight is answered for all that MCP clients send', async () => {
        const page = await chromium.open(pages.url);
        const names = Object.keys(MCP_FIELDS).map((name) => name.toLowerCase());

        const first = await page.run(ask, `${url}/app`, {
            method: 'POST', headers: MCP_FIELDS, body: '{}',
        });

        assert.equal(first.status, 401);
        assert.match(first.headers['www-authenticate'], / scope="[^"]*write"/);

        const second = await page.run(ask, `${url}/app`, {
            method: 'POST', body: '{}',
            headers: { ...MCP_FIELDS, Authorization: `Bearer ${write}` },
        });

        assert.equal(second.status, 200);

        assert.deepEqual(await asked(page, `${url}/app`), [
            names.sort().join(','),
            [...names, 'authorization'].sort().join(','),
        ]);
    });


    test('a method alone is asked for, too', async () => {
        const page = await chromium.open(pages.url);
        const answer = await page.run(ask, `${url}/app`,
                                      { method: 'DELETE' });

        assert.equal(answer.status, 401);
        assert.match(answer.headers['www-authenticate'], /^Bearer /);
        assert.deepEqual(await asked(page, `${url}/app`), [undefined]);
    });


    test('a page reads why a token is not enough', async () => {
        const page = await chromium.open(pages.url);
        const send = (path, token, method = 'GET') =>
            page.run(ask, `${url}${path}`, {
                method, headers: { Authorization: `Bearer ${token}` },
            });

        const scope = await send('/app', read, 'POST');

        assert.equal(scope.status, 403);
        assert.match(scope.headers['www-authenticate'],
                     /^Bearer error="insufficient_scope"/);

        const claim = await send('/admins', read);

        assert.equal(claim.status, 403);
        assert.equal(claim.headers['www-authenticate'], undefined);
        assert.match(claim.body.detail, /./);

        const bad = await send('/app', 'a.b.c');

        assert.equal(bad.status, 401);
        assert.match(bad.headers['www-authenticate'],
                     /^Bearer error="invalid_token"/);

        const down = await send('/down', await world.as.sign({
            iss: 'http://127.0.0.1:1', aud: url, scope: READ,
        }));

        assert.equal(down.status, 503);
        assert.match(down.headers['retry-after'], /^\d+$/);
        assert.equal(down.headers['www-authenticate'], undefined);
    });


    test('the app says itself who may read its answers', async () => {
        const page = await chromium.open(pages.url);
        const init = { headers: { Authorization: `Bearer ${read}` } };

        // The app allows it, even with the credentials mode in which "*" is not
        // enough.

        const own = await page.run(ask, `${url}/app`, init);

        assert.equal(own.status, 200);
        assert.equal(own.headers['x-not-exposed'], undefined);

        // The app does not allow it: the app got the request, and the page
        // cannot tell.

        const seen = app.requests.length;

        await assert.rejects(page.run(ask, `${url}/silent`, init),
                             /Failed to fetch/);
        assert.equal(app.requests.length, seen + 1);

        // nginx itself adds the fields to what was let in, each of them once.

        const added = await page.run(ask, `${url}/added`, init);

        assert.equal(added.status, 200);
        assert.equal(added.headers['mcp-session-id'], 'of the app');

        assert.equal((await page.run(ask, `${url}/added`)).status, 401);
    });


    test('the app\'s error page keeps its own CORS fields', async () => {
        const page = await chromium.open(pages.url);
        const answer = await page.run(ask, `${url}/paged`);

        assert.equal(answer.status, 401);
        assert.equal(answer.body.path, '/sign-in');
        assert.match(answer.headers['www-authenticate'], /^Bearer /);
        assert.equal(answer.headers['mcp-session-id'], 'of the app');
    });


    test('oauth_cors off: nothing can be read', async () => {
        const page = await chromium.open(pages.url);
        const init = { headers: { Authorization: `Bearer ${read}` } };

        await assert.rejects(page.run(ask, `${url}/off`), /Failed to fetch/);
        await assert.rejects(page.run(ask, `${url}/off`, init),
                             /Failed to fetch/);

        assert.deepEqual((await page.preflights(`${url}/off`))
            .map(({ status }) => status), [401]);

        // Except where nginx itself was configured to send the fields.

        assert.equal((await page.run(ask, `${url}/by_hand`)).status, 401);
        assert.equal((await page.run(ask, `${url}/by_hand`, init)).status,
                     200);
    });


    test('a page that sends cookies along reads nothing', async () => {
        const page = await chromium.open(pages.url);

        await assert.rejects(page.run(ask, `${url}/app`,
                                      { credentials: 'include' }),
                             /Failed to fetch/);

        for (const credentials of ['omit', 'same-origin']) {
            const answer = await page.run(ask, `${url}/app`, { credentials });

            assert.equal(answer.status, 401);
        }
    });


    test('the MCP client in a page: from the URL to a tool call', async () => {
        const page = await chromium.open(pages.url);
        const callback = `${pages.url}${new URL(REDIRECT).pathname}`;
        const host = [`${url}/mcp`, callback, {
            ...registeredClient(`${READ} ${WRITE}`), issuer: world.as.issuer,
        }];

        world.as.resources.add(`${url}/mcp`);

        const away = await page.run(mcp, ...host);

        assert.ok(away.startsWith(`${world.as.issuer}/auth?`), away);
        await page.goto(away);

        assert.deepEqual(JSON.parse(await page.run(mcp, ...host)),
                         { user: ACCOUNT });

        const exchanges = await page.exchanges(url);

        assert.deepEqual(exchanges
            .filter(({ method }) => method !== 'OPTIONS')
            .map(({ method, url: at, status }) =>
                `${method} ${new URL(at).pathname} ${status}`)
            .slice(0, 4), [
                'POST /mcp 401',
                `GET ${METADATA}/mcp 200`,
                'POST /mcp 200',
                'POST /mcp 202',
            ]);

        // No preflight asks for access to a private network, as one from a
        // public page would.

        assert.ok(exchanges.every(({ fields = {} }) =>
            !('access-control-request-private-network' in fields)));
    });


    test('the error log is clean', async () => {
        await world.checkLog({ refused: ['no_token', 'insufficient_scope'] });
    });
}


// The fields that the preflights of a URL asked for; each preflight was
// answered.

async function asked(page, url) {
    const preflights = await page.preflights(url);

    assert.deepEqual(preflights.map(({ status }) => status),
                     preflights.map(() => 204));

    return preflights.map(({ fields }) =>
        fields['access-control-request-headers']);
}


// Runs in the page: returns everything of an answer that a script may see.

async function ask(url, init) {
    const response = await fetch(url, init);

    return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: await response.json(),
    };
}


// Runs in the page: the host of an MCP client, which keeps what it knows in the
// session.  The first time it returns where to sign in.  The second time, on
// the page to which the sign-in leads back, it returns the answer of the tool.

async function mcp(url, redirectUrl, client) {
    const { Client, StreamableHTTPClientTransport, UnauthorizedError } =
        await import('@modelcontextprotocol/client');
    const keep = (name, value) =>
        sessionStorage.setItem(name, JSON.stringify(value));
    const kept = (name) => JSON.parse(sessionStorage.getItem(name))
                           ?? undefined;
    let away;

    const authProvider = {
        redirectUrl,
        clientMetadata: { ...client, redirect_uris: [redirectUrl] },
        clientInformation: () => client,
        tokens: () => kept('tokens'),
        saveTokens: (tokens) => keep('tokens', tokens),
        codeVerifier: () => kept('verifier'),
        saveCodeVerifier: (verifier) => keep('verifier', verifier),
        discoveryState: () => kept('discovery'),
        saveDiscoveryState: (state) => keep('discovery', state),
        redirectToAuthorization: (to) => { away = to.href; },
    };
    const transport = () =>
        new StreamableHTTPClientTransport(new URL(url), { authProvider });
    const host = new Client({ name: 'page', version: '1.0.0' });
    const answer = new URLSearchParams(location.search);

    if (answer.has('code')) {
        await transport().finishAuth(answer);
    }

    try {
        await host.connect(transport());

    } catch (error) {
        if (error instanceof UnauthorizedError) {
            return away;
        }

        throw error;
    }

    const { content } = await host.callTool({ name: 'whoami',
                                              arguments: {} });

    await host.close();

    return content[0].text;
}


// An app that says who may read its answers, except for /silent.

async function startApp() {
    const requests = [];
    const server = await startServer((request, response) => {
        const { method, url: path, headers } = request;

        requests.push({ method, path });
        response.setHeader('Content-Type', 'application/json');
        response.setHeader('Mcp-Session-Id', 'of the app');
        response.setHeader('X-Not-Exposed', 'of the app');

        if (path !== '/silent' && headers.origin) {
            response.setHeader('Access-Control-Allow-Origin', headers.origin);
            response.setHeader('Access-Control-Expose-Headers',
                               'Mcp-Session-Id');
            response.setHeader('Vary', 'Origin');
        }

        response.end(JSON.stringify({ method, path,
                                      user: headers['x-user'] }));
    });

    return { ...server, requests };
}


function site({ mcp: server, folder }, port, app, pages) {
    const url = `http://127.0.0.2:${port}`;
    const silent = `proxy_pass ${app.url}/silent;`;

    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', '-subj',
        '/CN=loopback', '-addext',
        'subjectAltName=IP:127.0.0.3,IP:127.0.0.4',
        '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem'),
    ], { stdio: 'ignore' });

    return `
oauth_issuer down { issuer http://127.0.0.1:1; }

map $oauth_result $cors_origin {
    ok  "*";
}

ssl_certificate cert.pem;
ssl_certificate_key key.pem;

server {
    listen 127.0.0.2:${port};

    oauth e2e;
    oauth_resource ${url};
    oauth_scope ${READ};
    oauth_header X-User sub;

    proxy_http_version 1.1;

    location /app {
        oauth_scope ${READ};
        oauth_scope ${WRITE} method=POST,PUT,PATCH,DELETE;
        proxy_pass ${app.url};
    }

    location /admins {
        oauth_require groups admins;
        proxy_pass ${app.url};
    }

    location /down {
        oauth down;
        proxy_pass ${app.url};
    }

    location /silent {
        proxy_pass ${app.url};
    }

    location /added {
        add_header Access-Control-Allow-Origin $cors_origin always;
        add_header Access-Control-Expose-Headers Mcp-Session-Id;
        ${silent}
    }

    location /mcp {
        oauth_resource ${url}/mcp;
        proxy_buffering off;
        add_header Access-Control-Allow-Origin $cors_origin always;
        add_header Access-Control-Expose-Headers Mcp-Session-Id;
        proxy_pass ${server.url};
    }

    location /paged {
        error_page 401 @sign_in;
        proxy_pass ${app.url};
    }

    location @sign_in {
        oauth off;
        rewrite ^ /sign-in break;
        proxy_pass ${app.url};
    }

    location /off {
        oauth_cors off;
        proxy_pass ${app.url};
    }

    location /by_hand {
        oauth_cors off;
        add_header Access-Control-Allow-Origin "*" always;
        add_header Access-Control-Allow-Headers "authorization" always;

        if ($request_method = OPTIONS) {
            return 204;
        }

        ${silent}
    }
}

server {
    listen 127.0.0.3:${port} ssl http2;

    location / {
        oauth e2e;
        oauth_resource https://127.0.0.3:${port};
        oauth_scope ${READ};
        oauth_header X-User sub;
        proxy_pass ${app.url};
    }
}

server {
    listen 127.0.0.4:${port} ssl;

    location / {
        proxy_pass ${pages.url};
    }
}
`;
}
