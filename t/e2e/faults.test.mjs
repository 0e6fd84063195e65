// What real clients do when something is wrong.  If a token is not accepted,
// they sign in again or report an error, and never loop.  If the authorization
// server cannot be reached, they keep a good token.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { Host, connect, whoami } from './mcp_client.mjs';
import v1 from './sdk_v1.mjs';
import v2 from './sdk_v2.mjs';
import { ACCOUNT, READ, expired, inWorld, recorder } from './world.mjs';


const METADATA = 'GET /.well-known/oauth-protected-resource';

const RECOVERED_WITHIN = 20_000;    // milliseconds


// Opens a new connection, so that both workers get requests.

async function ask(url, token) {
    return await fetch(url, {
        headers: { Authorization: `Bearer ${token}`, Connection: 'close' },
    });
}


test('tokens go on working while the authorization server is away', () =>
    inWorld({}, async (world) => {
        const claims = { aud: world.notesUrl, scope: READ };
        const token = await world.as.sign(claims);
        const forged = await world.as.sign(claims, {
            key: await world.as.foreignKey(),
        });
        const client = await connect(v1, world.mcpUrl, new Host());

        assert.equal((await ask(world.notesUrl, token)).status, 200);

        await world.as.stop();

        const later = await world.as.sign({ ...claims, sub: 'bob' });

        for (let i = 0; i < 20; i++) {
            const first = await ask(world.notesUrl, token);
            const second = await ask(world.notesUrl, later);

            assert.equal((await first.json()).user, ACCOUNT);
            assert.equal((await second.json()).user, 'bob');
            assert.equal((await ask(world.notesUrl, forged)).status, 401);
        }

        assert.deepEqual(await whoami(client), { user: ACCOUNT });
        await client.close();
    }, { refused: ['bad_signature'] }));


test('without keys it is 503, no client signs in again, and it passes', () =>
    inWorld({ down: true }, async (world) => {
        const { issuer } = world.as;
        const token = await world.as.sign({ aud: world.mcpUrl, scope: READ });
        const response = await ask(world.mcpUrl, token);

        assert.equal(response.status, 503);
        assert.match(response.headers.get('retry-after'), /^[1-9]\d*$/);
        assert.equal(response.headers.get('www-authenticate'), null);

        for (const sdk of [v1, v2]) {
            const fetch = recorder();
            const host = new Host({ issuer, token });

            await assert.rejects(connect(sdk, world.mcpUrl, host, fetch));
            assert.deepEqual(fetch.trace(), [`POST ${world.mcpUrl} 503`]);
        }

        await world.as.start();
        await recovered(world.mcpUrl, token);

        const client = await connect(v2, world.mcpUrl,
                                     new Host({ issuer, token }));

        assert.deepEqual(await whoami(client), { user: ACCOUNT });
        await client.close();
        assert.deepEqual(world.as.requests
            .filter(({ path }) => path !== '/jwks'
                                  && !path.startsWith('/.well-known/')), []);
    }, { refused: ['keys_unavailable'] }));


async function recovered(url, token) {
    const deadline = Date.now() + RECOVERED_WITHIN;

    while ((await ask(url, token)).status === 503) {
        assert.ok(Date.now() < deadline, 'still 503');
        await delay(100);
    }
}


for (const [name, sdk] of Object.entries({ v1, v2 })) {
    test(`MCP client ${name}: an expired token ends in a sign-in`, () =>
        inWorld({}, async (world) => {
            const { issuer } = world.as;
            const token = await expired(world, world.mcpUrl);
            const fetch = recorder();
            const host = new Host({ issuer, token });
            const client = await connect(sdk, world.mcpUrl, host, fetch);

            assert.deepEqual(await whoami(client), { user: ACCOUNT });
            await client.close();

            const refusals = fetch.calls.filter(({ status }) => status === 401);

            assert.equal(refusals.length, 1);
            assert.equal(host.asked.length, 1);
        }, { refused: ['expired'] }));


    test(`MCP client ${name}: an expired token and no one to ask`, () =>
        inWorld({}, async (world) => {
            const token = await expired(world, world.mcpUrl);
            const good = await world.as.sign({ aud: world.mcpUrl,
                                               scope: READ });

            assert.notEqual((await ask(world.mcpUrl, good)).status, 503);
            await world.as.stop();

            const fetch = recorder();
            const host = new Host({ issuer: world.as.issuer, token });

            await assert.rejects(connect(sdk, world.mcpUrl, host, fetch));
            assert.equal(host.asked.length, 0);
            assert.equal(fetch.count(world.mcpUrl), 1);
            assert.equal(fetch.count(`${world.nginx.url}/.well-known/`), 1);
            assert.ok(fetch.calls.length <= 10, fetch.trace().join('\n'));
        }, { refused: ['expired'] }));


    test(`MCP client ${name}: tokens that are never good end in an error`, () =>
        inWorld({ as: { audience: () => 'https://elsewhere.example/' } },
                async (world) => {
            const fetch = recorder();
            const host = new Host();

            await assert.rejects(connect(sdk, world.mcpUrl, host, fetch));
            assert.deepEqual(fetch.calls
                .filter(({ url }) => url === world.mcpUrl)
                .map(({ status }) => status), [401, 401, 401]);
            assert.equal(fetch.count(`${world.as.issuer}/reg`), 1);
            assert.ok(fetch.calls.length <= 15, fetch.trace().join('\n'));
        }, { refused: ['no_token', 'wrong_audience'] }));


    test(`MCP client ${name}: the metadata names another resource`, () =>
        inWorld({ workers: 1 }, async (world) => {
            const host = new Host();

            await assert.rejects(connect(sdk, world.astrayUrl, host),
                                 /elsewhere does not match expected/);
            assert.deepEqual(await world.accesses(), [
                'POST /astray 401', `${METADATA}/elsewhere 200`]);
            assert.deepEqual(world.asked(), []);
            assert.equal(host.asked.length, 0);
        }, { refused: ['no_token'] }));


    // The client registers with the scopes of the first challenge, and this
    // server limits a client to those.

    test(`MCP client ${name}: more than its registration allows`, () =>
        inWorld({ workers: 1 }, async (world) => {
            await assert.rejects(connect(sdk, world.toolsUrl, new Host()));

            const lines = await world.accesses();

            assert.deepEqual(lines.slice(0, 4), [
                'POST /tools 401', `${METADATA}/tools 200`,
                'POST /tools 200', 'POST /tools 403']);
            assert.ok(lines.length <= 6, lines.join('\n'));
            assert.ok(world.asked().length <= 5, world.asked().join('\n'));
        }, { refused: ['insufficient_scope'] }));


    test(`MCP client ${name}: what is needed later is asked for at once`, () =>
        inWorld({ workers: 1 }, async (world) => {
            const host = new Host();
            const client = await connect(sdk, world.wideUrl, host);

            assert.deepEqual(await whoami(client), { user: ACCOUNT });
            await client.close();
            assert.equal(host.asked.length, 1);
            assert.deepEqual((await world.accesses()).filter((line) =>
                / (401|403)$/.test(line)), ['POST /wide 401']);
        }, { refused: ['no_token'] }));


    test(`MCP client ${name}: a forged token in the middle of a session`, () =>
        inWorld({}, async (world) => {
            const fetch = recorder();
            const host = new Host();
            const client = await connect(sdk, world.mcpUrl, host, fetch);

            assert.deepEqual(await whoami(client), { user: ACCOUNT });

            const before = fetch.count(world.mcpUrl);

            host.saveTokens({
                issuer: world.as.issuer,
                token_type: 'Bearer',
                access_token: await world.as.sign(
                    { aud: world.mcpUrl, scope: READ, sub: 'mallory' },
                    { key: await world.as.foreignKey() }),
            });

            await assert.rejects(whoami(client), sdk.UnauthorizedError);
            assert.equal(fetch.count(world.mcpUrl), before + 1);
            assert.equal(host.asked.length, 2);
            await client.close();
        }, { refused: ['bad_signature'] }));
}
