// mcp-remote is a bridge for hosts that speak only stdio.  The test runs the
// program that npm installs: a host speaks to it, and a scripted browser signs
// in.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ask } from './mcp_remote.mjs';
import { newHome } from './programs.mjs';
import { ACCOUNT, READ, expired, inWorld }
    from './world.mjs';


const METADATA = 'GET /.well-known/oauth-protected-resource';

const registered = ['POST /reg 201', 'GET /auth 303', 'POST /token 200'];


// What mcp-remote asks for until it has a token; its first request is a GET.

const begun = (name, resource = name) => [
    `GET /${name} 401`,
    `${METADATA}/${resource} 200`,
    `GET /${name} 401`,
    `POST /${name} 401`,
    `${METADATA}/${resource} 200`,
];

const refusals = (lines, status = 401) =>
    lines.filter((line) => line.endsWith(` ${status}`)).length;


function inHome(options, body, expected) {
    return inWorld({ workers: 1, ...options }, async (world) => {
        const home = await newHome();

        try {
            await body(world, home);

        } finally {
            await home.stop();
        }
    }, expected);
}


test('from the URL to a tool call, and again with what it has kept', () =>
    inHome({}, async (world, home) => {
        const first = await ask(home, world.mcpUrl);

        assert.equal(first.user, ACCOUNT, first.output);
        assert.deepEqual(world.asked(), registered);

        const [address, ...others] = await home.opened();

        assert.deepEqual(others, []);
        assert.equal(address.searchParams.get('scope'), READ);
        assert.equal(address.searchParams.get('resource'), world.mcpUrl);

        const before = (await world.accesses()).length;

        assert.deepEqual((await world.accesses()).slice(0, 6),
                         [...begun('mcp'), 'POST /mcp 200']);

        const again = await ask(home, world.mcpUrl);

        assert.equal(again.user, ACCOUNT, again.output);
        assert.equal(world.asked().length, 3);

        const later = (await world.accesses()).slice(before);

        assert.equal(refusals(later), 1, later.join('\n'));
        assert.ok(later.length <= 9, later.join('\n'));
    }, { refused: ['no_token'] }));


test('more is needed, and the challenge has said so from the start', () =>
    inHome({}, async (world, home) => {
        const { user, output } = await ask(home, world.wideUrl);

        assert.equal(user, ACCOUNT, output);
        assert.equal((await home.opened()).length, 1);
        assert.equal(refusals(await world.accesses(), 403), 0);
    }, { refused: ['no_token'] }));


// It registers with the scopes of the first challenge, and this authorization
// server limits a client to those.  The remedy is oauth_scope_advertise.

test('more is needed, and its registration does not allow it', () =>
    inHome({}, async (world, home) => {
        const { failure, output } = await ask(home, world.toolsUrl);

        assert.ok(failure, output);
        assert.match(output, /Fatal error: .*invalid_scope/);

        assert.deepEqual(await world.accesses(), [
            ...begun('tools'), 'POST /tools 200', 'POST /tools 403',
            `${METADATA}/tools 200`]);
        assert.deepEqual(world.asked(), [...registered, 'GET /auth 303']);
    }, { refused: ['insufficient_scope'] }));


test('the metadata names another resource', () =>
    inHome({}, async (world, home) => {
        const { failure, output } = await ask(home, world.astrayUrl);

        assert.ok(failure, output);
        assert.match(output, /Fatal error: .*elsewhere does not match/);
        assert.deepEqual(await world.accesses(), begun('astray', 'elsewhere'));
        assert.deepEqual(world.asked(), []);
        assert.deepEqual(await home.opened(), []);
    }, { refused: ['no_token'] }));


test('tokens of another audience', () =>
    inHome({ as: { audience: () => 'https://elsewhere.example/' } },
           async (world, home) => {
        const { failure, output } = await ask(home, world.mcpUrl);

        assert.ok(failure, output);
        assert.match(output, /Unauthorized/);
        assert.deepEqual(await world.accesses(), [
            ...begun('mcp'), 'POST /mcp 401', `${METADATA}/mcp 200`]);
        assert.deepEqual(world.asked(), [...registered, 'GET /auth 303']);
    }, { refused: ['wrong_audience'] }));


test('an expired token ends in one more sign-in', () =>
    inHome({}, async (world, home) => {
        assert.equal((await ask(home, world.mcpUrl)).user, ACCOUNT);
        assert.ok(await home.replace(world.as.issued[0],
                                     await expired(world, world.mcpUrl)));

        const before = (await world.accesses()).length;
        const { user, output } = await ask(home, world.mcpUrl);

        assert.equal(user, ACCOUNT, output);
        assert.equal((await home.opened()).length, 2);

        assert.deepEqual(world.asked(), [...registered, ...registered]);

        const later = (await world.accesses()).slice(before);

        assert.equal(refusals(later), 2, later.join('\n'));
        assert.ok(later.length <= 11, later.join('\n'));
    }, { refused: ['expired'] }));


test('an expired token, and no authorization server', () =>
    inHome({}, async (world, home) => {
        assert.equal((await ask(home, world.mcpUrl)).user, ACCOUNT);
        assert.ok(await home.replace(world.as.issued[0],
                                     await expired(world, world.mcpUrl)));
        await world.as.stop();

        const before = (await world.accesses()).length;
        const { failure, output } = await ask(home, world.mcpUrl);

        assert.ok(failure, output);
        assert.match(output, /Fatal error[^]*ECONNREFUSED/);
        assert.equal((await home.opened()).length, 1);
        assert.deepEqual((await world.accesses()).slice(before), [
            'GET /mcp 401', `${METADATA}/mcp 200`,
            'POST /mcp 401', `${METADATA}/mcp 200`]);
    }, { refused: ['expired'] }));
