// mcporter calls the tools of MCP servers from a shell.  The test runs the
// program that npm installs, and a scripted browser signs in.  It is installed
// without its bundler, which calls do not need.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MCPORTER, newHome } from './programs.mjs';
import { ACCOUNT, READ, WRITE, expired, inWorld } from './world.mjs';


const METADATA = 'GET /.well-known/oauth-protected-resource';

const registered = ['POST /reg 201', 'GET /auth 303', 'POST /token 200'];


function inHome(options, name, body, expected) {
    return inWorld({ workers: 1, ...options }, async (world) => {
        const home = await newHome();
        const url = world[`${name}Url`];

        try {
            await home.write('mcporter.json', JSON.stringify({
                mcpServers: { notes: { url, auth: 'oauth' } }, imports: [] }));
            await body(world, home);

        } finally {
            await home.stop();
        }
    }, expected);
}


// Calls the tool.  Returns the user that it told, and what else was printed.
// The exit status is 0 even if the call fails.

async function call(home) {
    const { output, stdout } = await home.run(process.execPath, [
        MCPORTER, '--config', 'mcporter.json',
        'call', 'notes.whoami', '--output', 'json']);

    return { user: stdout.match(/"user": "(.*?)"/)?.[1], output };
}


async function opened(home) {
    return (await home.opened())
        .map(({ searchParams }) => searchParams.get('scope'));
}


test('from the URL to a call, and another sign-in after the end', () =>
    inHome({}, 'mcp', async (world, home) => {
        const first = await call(home);

        assert.equal(first.user, ACCOUNT, first.output);
        assert.deepEqual(world.asked(), registered);
        assert.deepEqual((await world.accesses()).slice(0, 2),
                         ['POST /mcp 401', `${METADATA}/mcp 200`]);
        assert.deepEqual((await home.opened()).map(({ searchParams }) =>
            searchParams.get('resource')), [world.mcpUrl]);

        assert.ok(await home.replace(world.as.issued[0],
                                     await expired(world, world.mcpUrl)));

        const { user, output } = await call(home);

        assert.equal(user, ACCOUNT, output);
        assert.deepEqual(world.asked(), [...registered, ...registered]);
        assert.deepEqual(await opened(home), [READ, READ]);
    }, { refused: ['no_token', 'expired'] }));


// It registers again before it refreshes, so its refresh token is that of
// another client.

test('an expired token, and a refresh token that does not help', () =>
    inHome({ as: { refresh: true } }, 'mcp', async (world, home) => {
        assert.equal((await call(home)).user, ACCOUNT);
        assert.ok(await home.replace(world.as.issued[0],
                                     await expired(world, world.mcpUrl)));

        const { user, output } = await call(home);

        assert.equal(user, ACCOUNT, output);
        assert.deepEqual(world.asked(), [
            ...registered, 'POST /reg 201', 'POST /token 400',
            'GET /auth 303', 'POST /token 200']);
    }, { refused: ['expired'] }));


// It asks for more; this authorization server limits a client to the scopes
// that it has registered with.

test('more is needed', () =>
    inHome({}, 'tools', async (world, home) => {
        const { user, output } = await call(home);

        assert.equal(user, undefined);
        assert.match(output, /OAuth error: invalid_scope/);
        assert.deepEqual(await opened(home), [READ, `${READ} ${WRITE}`]);
        assert.ok((await world.accesses()).includes('POST /tools 403'));
    }, { refused: ['insufficient_scope'] }));


test('more is needed, and the challenge has said so from the start', () =>
    inHome({ as: { refresh: true } }, 'wide', async (world, home) => {
        const { user, output } = await call(home);

        assert.equal(user, ACCOUNT, output);
        assert.deepEqual(await opened(home), [`${READ} ${WRITE}`]);
    }, { refused: ['no_token'] }));
