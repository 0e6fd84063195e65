// The fetch tool for opencode, without opencode: what it asks nginx and the
// authorization server for, what it stores, and what it refuses.

import assert from 'node:assert/strict';
import { createServer, get } from 'node:http';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { Browser } from '../../demo/browser.mjs';
import { bearer, oauthFetch }
    from '../../docs/agents/opencode/oauth_fetch.js';
import { ACCOUNT, READ, WRITE, expired, inWorld } from './world.mjs';


const METADATA = 'GET /.well-known/oauth-protected-resource';

const registered = ['POST /reg 201', 'GET /auth 303', 'POST /token 200'];


// The tool with a browser that only records which address it should open.

function agent(world, options = {}) {
    const opened = [];
    const folder = join(world.folder, 'kept');
    const open = (address) => {
        opened.push(new URL(address).searchParams);
        new Browser().open(address).catch(() => {});
    };

    return {
        opened,
        folder,
        fetch: (url, more = {}) => oauthFetch({ url, method: 'GET', ...more },
                                              { folder, open, ...options }),
        kept: async () => {
            const [name, ...others] = await readdir(folder);

            assert.deepEqual(others, []);

            return join(folder, name);
        },
    };
}


async function change(path, values) {
    const text = JSON.parse(await readFile(path, 'utf8'));

    await writeFile(path, JSON.stringify({ ...text, ...values }));
}


test('from the URL to the page, and again with what it has kept', () =>
    inWorld({ workers: 1 }, async (world) => {
        const { fetch, opened, kept } = agent(world);
        const page = await fetch(`${world.notesUrl}?page=1`);

        assert.match(page, /^200 OK\n/);
        assert.ok(page.includes(`Hello ${ACCOUNT}`), page);
        await fetch(`${world.notesUrl}/below`);

        assert.deepEqual(await world.accesses(), [
            'GET /notes?page=1 401',
            `${METADATA}/notes 200`,
            'GET /notes?page=1 200',
            'GET /notes/below 200',
        ]);
        assert.deepEqual(world.asked(), registered);
        assert.equal(opened.length, 1);
        assert.equal(opened[0].get('resource'), world.notesUrl);
        assert.equal(opened[0].get('scope'), READ);
        assert.equal((await stat(await kept())).mode & 0o777, 0o600);
    }, { refused: ['no_token'] }));


test('many calls at once are one sign-in', () =>
    inWorld({ workers: 1 }, async (world) => {
        const { fetch, opened } = agent(world);
        const pages = await Promise.all([1, 2, 3]
            .map((page) => fetch(`${world.notesUrl}/${page}`)));

        assert.ok(pages.every((page) => page.startsWith('200 OK')));
        assert.equal(opened.length, 1);
    }, { refused: ['no_token'] }));


test('a missing scope: asks for it and for what it has', () =>
    inWorld({ workers: 1 }, async (world) => {
        const { fetch, opened } = agent(world);
        const note = { method: 'POST', body: 'a note' };

        await fetch(world.notesUrl);
        assert.match(await fetch(world.notesUrl, note), /^200 OK/);
        assert.match(await fetch(world.notesUrl, note), /^200 OK/);

        assert.deepEqual(opened.map((query) => query.get('scope')),
                         [READ, `${READ} ${WRITE}`]);
        assert.deepEqual((await world.accesses()).slice(3), [
            'POST /notes 403',
            `${METADATA}/notes 200`,
            'POST /notes 200',
            'POST /notes 200',
        ]);
        assert.deepEqual(world.asked(), [...registered, ...registered]);
    }, { refused: ['insufficient_scope'] }));


test('another sign-in, and a later one: asks for both at once', () =>
    inWorld({ workers: 1, as: { acrs: ['pwd', 'phr'], refresh: true } },
            async (world) => {
        const { fetch, opened } = agent(world);
        const page = await fetch(world.strictUrl);

        assert.match(page, /^200 OK\n/);
        assert.match(await fetch(`${world.strictUrl}/2`), /^200 OK/);

        assert.deepEqual(opened.map((query) => [query.get('acr_values'),
                                                query.get('max_age'),
                                                query.get('scope')]),
                         [[null, null, READ],
                          ['phr', '300', `openid ${READ}`]]);
        assert.deepEqual(await world.accesses(), [
            'GET /strict 401', `${METADATA}/strict 200`,
            'GET /strict 401', `${METADATA}/strict 200`,
            'GET /strict 200', 'GET /strict/2 200',
        ]);
        assert.deepEqual(world.asked(), [...registered, ...registered]);
    }, { refused: ['no_token', 'insufficient_authentication'] }));


test('a sign-in that the authorization server does not offer', () =>
    inWorld({ workers: 1, as: { acrs: ['pwd'] } }, async (world) => {
        const { fetch, opened } = agent(world);

        await assert.rejects(fetch(world.strictUrl),
                             /still wants another sign-in, .* may not offer/);
        assert.equal(opened.length, 2);
        assert.deepEqual((await world.accesses()).filter((line) =>
            line.startsWith('GET /strict')), Array(3).fill('GET /strict 401'));
    }, { refused: ['insufficient_authentication'] }));


test('an expired token: refreshes it, without a browser', () =>
    inWorld({ workers: 1, as: { refresh: true } }, async (world) => {
        const { fetch, opened, kept } = agent(world);

        await fetch(world.notesUrl);
        await change(await kept(), {
            access_token: await expired(world, world.notesUrl) });
        assert.match(await fetch(world.notesUrl), /^200 OK/);

        assert.equal(opened.length, 1);
        assert.deepEqual(world.asked(), [...registered, 'POST /token 200']);

        await change(await kept(), {
            access_token: await expired(world, world.notesUrl),
            refresh_token: 'of-old' });
        assert.match(await fetch(world.notesUrl), /^200 OK/);

        assert.equal(opened.length, 2);
        assert.deepEqual(world.asked().slice(4),
                         ['POST /token 400', 'GET /auth 303',
                          'POST /token 200']);
        assert.deepEqual((await world.accesses()).slice(3), [
            'GET /notes 401', `${METADATA}/notes 200`, 'GET /notes 200',
            'GET /notes 401', `${METADATA}/notes 200`, 'GET /notes 200',
        ]);
    }, { refused: ['expired'] }));


test('an expired token, and no authorization server', () =>
    inWorld({ workers: 1 }, async (world) => {
        const { fetch, opened, kept } = agent(world);

        await fetch(world.notesUrl);
        await change(await kept(), {
            access_token: await expired(world, world.notesUrl) });
        await world.as.stop();
        await assert.rejects(fetch(world.notesUrl), {
            message: new RegExp(`^${world.as.issuer} does not answer: `) });

        assert.equal(opened.length, 1);
        assert.deepEqual((await world.accesses()).slice(3),
                         ['GET /notes 401', `${METADATA}/notes 200`]);
    }, { refused: ['expired'] }));


test('the metadata names another resource', () =>
    inWorld({ workers: 1 }, async (world) => {
        const { fetch, opened } = agent(world);

        await assert.rejects(fetch(world.astrayUrl), {
            message: `The metadata of ${world.astrayUrl} is of another `
                     + `resource: ${world.nginx.url}/elsewhere` });
        assert.deepEqual(await world.accesses(),
                         ['GET /astray 401', `${METADATA}/elsewhere 200`]);
        assert.deepEqual(world.asked(), []);
        assert.deepEqual(opened, []);
    }, { refused: ['no_token'] }));


test('tokens of another audience', () =>
    inWorld({ workers: 1, as: { audience: () => 'https://elsewhere.example/' } },
            async (world) => {
        const { fetch, opened } = agent(world);

        await assert.rejects(fetch(world.notesUrl),
                             /refuses the token that \S+ has just issued: /);
        assert.deepEqual(await world.accesses(), [
            'GET /notes 401', `${METADATA}/notes 200`, 'GET /notes 401']);
        assert.deepEqual(world.asked(), registered);
        assert.equal(opened.length, 1);
    }, { refused: ['wrong_audience'] }));


test('a scope that is never granted', () =>
    inWorld({ workers: 1, as: { withheld: [WRITE] } }, async (world) => {
        const { fetch, opened } = agent(world);

        await assert.rejects(fetch(world.notesUrl, { method: 'POST',
                                                     body: 'a note' }),
                             /still misses a scope/);
        assert.deepEqual(await world.accesses(), [
            'POST /notes 401', `${METADATA}/notes 200`,
            'POST /notes 403', `${METADATA}/notes 200`, 'POST /notes 403']);
        assert.equal(opened.length, 2);
    }, { refused: ['insufficient_scope'] }));


test('no browser: one call says what to do, the next one waits for it', () =>
    inWorld({ workers: 1 }, async (world) => {
        const { DISPLAY, WAYLAND_DISPLAY, BROWSER } = process.env;
        const { fetch } = agent(world, { open: undefined });

        for (const name of ['DISPLAY', 'WAYLAND_DISPLAY', 'BROWSER']) {
            delete process.env[name];
        }

        try {
            const refusal = await fetch(world.notesUrl)
                .then(() => assert.fail('it succeeds'), (error) => error);
            const [address] = refusal.message.match(/http\S+/);

            assert.match(refusal.message, /then call this tool again/);
            await world.as.approve(address);
            assert.match(await fetch(world.notesUrl), /^200 OK/);

        } finally {
            Object.assign(process.env, Object.fromEntries(Object.entries(
                { DISPLAY, WAYLAND_DISPLAY, BROWSER })
                .filter(([, value]) => value !== undefined)));
        }

        assert.deepEqual(world.asked().filter((line) =>
            !line.includes(' /device')), ['POST /reg 201', 'POST /token 200']);
        assert.deepEqual(await world.accesses(), [
            'GET /notes 401', `${METADATA}/notes 200`,
            'GET /notes 401', `${METADATA}/notes 200`, 'GET /notes 200',
        ]);
    }, { refused: ['no_token'] }));


// A server that answers as the test says; requests lists what came.

async function scripted(answers, body) {
    const requests = [];
    const server = createServer((request, response) => {
        const { status = 200, headers = {}, text = '' } =
            answers(request.url, `http://127.0.0.1:${server.address().port}`);

        requests.push({ path: request.url,
                        token: request.headers.authorization });
        response.writeHead(status, headers).end(text);
    });

    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });

    try {
        await body(`http://127.0.0.1:${server.address().port}`, requests);

    } finally {
        server.closeAllConnections();
        await new Promise((resolve) => { server.close(resolve); });
    }
}


test('others knock at the address that the browser comes back to', () =>
    inWorld({ workers: 1 }, async (world) => {
        const statuses = [];
        const { fetch } = agent(world, { open: async (address) => {
            const { searchParams } = new URL(address);
            const { port } = new URL(searchParams.get('redirect_uri'));

            for (const path of ['//', '/callback', 'http://[', '//callback',
                                '/callback?state=x&code=y'])
            {
                statuses.push(await knock(port, path));
            }

            await new Browser().open(address);
        } });

        assert.match(await fetch(world.notesUrl), /^200 OK/);
        assert.deepEqual(statuses, [400, 400, 400, 400, 400]);
    }, { refused: ['no_token'] }));


function knock(port, path) {
    return new Promise((resolve, reject) => {
        get({ host: '127.0.0.1', port, path }, (response) => {
            response.resume();
            resolve(response.statusCode);
        }).on('error', reject);
    });
}


test('what it has a token for gets it, and nobody else', () =>
    inWorld({ workers: 1 }, async (world) => {
        const { fetch } = agent(world);

        await fetch(world.notesUrl);

        await scripted((path) => path === '/away'
            ? { status: 302, headers: { Location: world.notesUrl } }
            : { status: 401, headers: { 'WWW-Authenticate':
                `Bearer resource_metadata="${world.nginx.url}/.well-known/`
                + 'oauth-protected-resource/notes"' } },
        async (url, requests) => {
            assert.match(await fetch(`${url}/away`),
                         new RegExp(`^302 .*\nLocation: ${world.notesUrl}`,
                                    's'));
            await assert.rejects(fetch(`${url}/notes`), /is elsewhere/);
            assert.deepEqual(requests.map(({ token }) => token),
                             [undefined, undefined]);
        });

        assert.equal((await world.accesses()).length, 3);
    }));


test('a server that refuses for ever, and one that has no end', async () => {
    await inWorld({ workers: 1 }, async (world) => {
        const { fetch } = agent(world);

        await scripted((path) => path.startsWith('/big')
            ? { text: 'x'.repeat(3 << 20) }
            : { status: 403, headers: { 'WWW-Authenticate': 'Basic' } },
        async (url, requests) => {
            assert.match(await fetch(`${url}/no`), /^403 /);

            const page = await fetch(`${url}/big`);

            assert.ok(page.length < 1.1 * (1 << 20));
            assert.match(page, /only the first/);
            assert.equal(requests.length, 2);
        });
    });
});


test('addresses that are not safe', () => inWorld({ workers: 1 }, async (world) => {
    const { fetch } = agent(world);

    for (const url of ['http://app.example.com/', 'file:///etc/passwd', 'x',
                       'https://user:word@app.example.com/'])
    {
        await assert.rejects(fetch(url), /Not an address that is safe/);
    }
}));


test('challenges', () => {
    for (const [header, expected] of [
        [null, undefined],
        ['Basic realm="Bearer x=1"', undefined],
        ['Bearer', {}],
        ['bearer Scope="a b", error=x', { scope: 'a b', error: 'x' }],
        ['Basic realm="a, b", Bearer realm="scope=\\"x\\"", scope="y"',
         { realm: 'scope="x"', scope: 'y' }],
        ['Bearer scope="a", DPoP algs="ES256", scope="z"', { scope: 'a' }],
        ['Bearer scope="a", scope="b"', { scope: 'a' }],
    ]) {
        assert.deepEqual(bearer(header), expected, header);
    }
});
