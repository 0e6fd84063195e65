// What the clients of docs/agents/clients.md do that are libraries: with the
// first answer, when their token has expired, and when a call needs a scope that
// they did not ask for.  Programs have files of their own.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { auth, createMCPClient } from '@ai-sdk/mcp';

import { Host, connect, registeredClient, whoami } from './mcp_client.mjs';
import v1 from './sdk_v1.mjs';
import v2 from './sdk_v2.mjs';
import { ACCOUNT, READ, WRITE, expired, startWorld } from './world.mjs';


const BOTH = `${READ} ${WRITE}`;
const METADATA = 'GET /.well-known/oauth-protected-resource';

// At the authorization server: signing in, after registering or not; and
// refreshing.

const SIGNS_IN = ['GET /auth 303', 'POST /token 200'];
const REGISTERS = ['POST /reg 201', ...SIGNS_IN];
const REFRESHES = ['POST /token 200'];

// open(url, host) returns a client that is connected.  first: its first
// requests; offline: it also asks for offline_access where the server knows
// that; added: a scope is missing, and it asks the person for it; stuck: what it
// says when it has a refresh token, and a scope is missing.

const CLIENTS = {
    'MCP SDK v1': {
        open: (url, host) => connect(v1, url, host),
        first: (path) => [`POST /${path} 401`, `${METADATA}/${path} 200`],
        added: true,
        stuck: /403 after trying upscoping/,
    },
    'MCP SDK v2': {
        open: (url, host) => connect(v2, url, host),
        first: (path) => [`POST /${path} 401`, `${METADATA}/${path} 200`],
        offline: true,
        added: true,
    },
    '@ai-sdk/mcp': {
        open: openAiSdk,
        first: (path) => [`GET /${path} 401`, `POST /${path} 401`,
                          `${METADATA}/${path} 200`],
        added: false,
        stuck: /HTTP 403/,
    },
};

// One server gives refresh tokens, the other does not.

const worlds = {
    plain: await startWorld({
        workers: 1, as: { clients: [registeredClient(BOTH)] } }),
    refresh: await startWorld({ workers: 1, as: { refresh: true } }),
};

after(async () => {
    await worlds.plain.stop();
    await worlds.refresh.stop();
});


class RefreshingHost extends Host {
    get clientMetadata() {
        return { ...super.clientMetadata,
                 grant_types: ['authorization_code', 'refresh_token'] };
    }
}


// This client only says that somebody has to sign in; the program around it
// brings the code, and begins again.

async function openAiSdk(url, host) {
    const open = () => createMCPClient({
        transport: { type: 'http', url, authProvider: host } });
    const client = await open().catch(async (error) => {
        assert.equal(error.name, 'UnauthorizedError', error);
        await auth(host, {
            serverUrl: url,
            authorizationCode: host.callback.get('code'),
            callbackState: host.callback.get('state'),
        });

        return await open();
    });

    return {
        callTool: async ({ name }) =>
            await (await client.tools())[name].execute({}, {}),
        close: () => client.close(),
    };
}


// Opens a client, calls a tool and closes it.  Returns what nginx and the
// authorization server were asked meanwhile, and the failure, if there is one.

async function use(client, world, url, host) {
    const before = (await world.accesses()).length;
    const asked = world.asked().length;
    let failure;

    try {
        const opened = await client.open(url, host);

        try {
            assert.deepEqual(await whoami(opened), { user: ACCOUNT });

        } finally {
            await opened.close();
        }
    } catch (error) {
        failure = error;
    }

    return {
        failure,
        seen: (await world.accesses()).slice(before),
        asked: world.asked().slice(asked),
    };
}


const scopes = (host) =>
    host.asked.map(({ scope }) => scope.split(' ').sort().join(' '));


for (const [name, client] of Object.entries(CLIENTS)) {
    const { plain, refresh } = worlds;
    const offline = client.offline ? [`${READ} offline_access`] : [READ];


    test(`${name}: signs in, and again when its token expires`, async () => {
        const host = new Host();
        const first = await use(client, plain, plain.mcpUrl, host);

        assert.ifError(first.failure);
        assert.deepEqual(first.seen.slice(0, client.first('mcp').length),
                         client.first('mcp'));
        assert.deepEqual(first.asked, REGISTERS);

        host.saveTokens({ ...host.tokens(),
                          access_token: await expired(plain, plain.mcpUrl) });

        const second = await use(client, plain, plain.mcpUrl, host);

        assert.ifError(second.failure);
        assert.deepEqual(second.asked, SIGNS_IN);
        assert.deepEqual(scopes(host), [READ, READ]);
        assert.ok(host.asked.every(({ resource }) =>
            resource === plain.mcpUrl));
    });


    test(`${name}: an expired token, and a refresh token`, async () => {
        const host = new RefreshingHost();

        assert.ifError((await use(client, refresh, refresh.mcpUrl, host))
            .failure);
        host.saveTokens({ ...host.tokens(), access_token:
                          await expired(refresh, refresh.mcpUrl) });

        const { failure, asked } = await use(client, refresh, refresh.mcpUrl,
                                             host);

        assert.ifError(failure);
        assert.deepEqual(asked, REFRESHES);
        assert.deepEqual(scopes(host), offline);
    });


    test(`${name}: another scope`, async () => {
        const host = new Host({ issuer: plain.as.issuer,
                                client: registeredClient(BOTH) });
        const { failure, seen } = await use(client, plain, plain.toolsUrl,
                                            host);

        assert.ok(seen.includes('POST /tools 403'));

        if (client.added) {
            assert.ifError(failure);
            assert.deepEqual(scopes(host), [READ, BOTH]);

        } else {
            assert.match(failure.message, client.stuck);
            assert.deepEqual(scopes(host), [READ]);
        }
    });


    test(`${name}: another scope, for a client that may not`, async () => {
        const host = new Host();
        const { failure, asked } = await use(client, plain, plain.toolsUrl,
                                             host);

        assert.ok(failure);
        assert.deepEqual(asked, client.added ? [...REGISTERS, 'GET /auth 303']
                                             : REGISTERS);
    });


    test(`${name}: another scope, and a refresh token`, async () => {
        const host = new RefreshingHost();
        const { failure } = await use(client, refresh, refresh.toolsUrl, host);

        if (client.stuck) {
            assert.match(failure.message, client.stuck);
            assert.deepEqual(scopes(host), [READ]);

        } else {
            assert.deepEqual(scopes(host), [READ, BOTH].map((scope) =>
                client.offline ? `${scope} offline_access` : scope));
        }
    });


    test(`${name}: the scope was advertised from the start`, async () => {
        for (const [world, host] of [[plain, new Host()],
                                     [refresh, new RefreshingHost()]])
        {
            const { failure, seen } = await use(client, world, world.wideUrl,
                                                host);

            assert.ifError(failure);
            assert.ok(!seen.some((line) => line.endsWith(' 403')));
            assert.equal(host.asked.length, 1);
        }
    });
}


test('the error logs are clean', async () => {
    await worlds.plain.checkLog({ refused: ['expired', 'insufficient_scope'] });
    await worlds.refresh.checkLog({ refused: ['expired'] });
});
