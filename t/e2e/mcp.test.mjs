// Both generations of the MCP client, from the URL to the call of a tool.  They
// know nothing but the URL: they read the challenge, find the authorization
// server, register, sign in and come back.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Host, connect, registeredClient, whoami } from './mcp_client.mjs';
import v1 from './sdk_v1.mjs';
import v2 from './sdk_v2.mjs';
import { ACCOUNT, READ, WRITE, recorder, startWorld } from './world.mjs';


const world = await startWorld({
    as: { clients: [registeredClient(`${READ} ${WRITE}`)] },
});

after(() => world.stop());


for (const [name, sdk] of Object.entries({ v1, v2 })) {
    test(`MCP client ${name}: from the URL to a tool call`, async () => {
        const fetch = recorder();
        const host = new Host();
        const client = await connect(sdk, world.mcpUrl, host, fetch);

        assert.deepEqual(await whoami(client), { user: ACCOUNT });
        await client.close();

        const { url } = world.nginx;
        const { issuer } = world.as;

        assert.deepEqual(fetch.trace().slice(0, 7), [
            `POST ${url}/mcp 401`,
            `GET ${url}/.well-known/oauth-protected-resource/mcp 200`,
            `GET ${issuer}/.well-known/oauth-authorization-server 200`,
            `POST ${issuer}/reg 201`,
            `POST ${issuer}/token 200`,
            `POST ${url}/mcp 200`,
            `POST ${url}/mcp 202`,
        ]);
        assert.equal(host.asked.length, 1);
        assert.equal(host.asked[0].scope, READ);
        assert.equal(host.asked[0].resource, world.mcpUrl);
    });
}


test('MCP client v2: asks for more when more is needed', async () => {
    const fetch = recorder();
    const host = new Host({
        issuer: world.as.issuer,
        client: registeredClient(`${READ} ${WRITE}`),
    });
    const client = await connect(v2, world.toolsUrl, host, fetch);

    assert.deepEqual(await whoami(client), { user: ACCOUNT });
    await client.close();

    assert.deepEqual(host.asked.map(({ scope }) => scope.split(' ').sort()),
                     [[READ], [READ, WRITE]]);
    assert.equal(fetch.calls.filter(({ status }) => status === 401).length, 1);
    assert.equal(fetch.calls.filter(({ status }) => status === 403).length, 1);
});


test('the error log is clean', async () => {
    await world.checkLog({ refused: ['no_token', 'insufficient_scope'] });
});
