// The binary of opencode, without a terminal and without a network: its MCP
// client, and the fetch tool that docs/agents/opencode.md describes.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { OPENCODE, freePort, newHome } from './programs.mjs';
import { ACCOUNT, READ, WRITE, expired, inWorld } from './world.mjs';


const TOOL = new URL('../../docs/agents/opencode/oauth_fetch.js',
                     import.meta.url);

// The package that is installed here is for one architecture only.

const skip = process.arch !== 'x64' && 'opencode is installed on x64 only';

const METADATA = 'GET /.well-known/oauth-protected-resource';

const signedIn = ['GET /auth 303', 'POST /token 200'];
const registered = ['POST /reg 201', ...signedIn];


class OpenCode {
    constructor(home) {
        this.home = home;
    }

    // Configures the MCP server and copies the tool to where opencode looks for
    // it.

    async prepare(url) {
        await this.home.write('config/opencode/opencode.json', JSON.stringify({
            mcp: { notes: { type: 'remote', url,
                            oauth: { callbackPort: await freePort() } } },
        }));
    }

    async install() {
        await this.home.write('config/opencode/tool/oauth_fetch.js',
                              await readFile(TOOL, 'utf8'));
    }

    // Returns what opencode prints, without colours.

    async run(...args) {
        const { status, output } = await this.home.run(OPENCODE, args);

        return { status, output: output.replace(/\x1b\[[\d;?]*[A-Za-z]/g, '') };
    }

    async fetch(url, more = {}) {
        const { status, output } = await this.run('debug', 'agent', 'build',
            '--tool', 'oauth_fetch', '--params',
            JSON.stringify({ url, ...more }));

        return status === 0 ? JSON.parse(output).result.output : output;
    }
}


function inHome(options, body, expected) {
    return inWorld({ workers: 1, ...options }, async (world) => {
        const home = await newHome();

        try {
            await body(world, new OpenCode(home), home);

        } finally {
            await home.stop();
        }
    }, expected);
}


test('its MCP client: from the URL to the list of tools', { skip }, () =>
    inHome({}, async (world, opencode, home) => {
        await opencode.prepare(world.mcpUrl);

        assert.match((await opencode.run('mcp', 'list')).output,
                     /notes needs authentication/);
        assert.deepEqual(await world.accesses(),
                         ['POST /mcp 401', `${METADATA}/mcp 200`]);
        assert.match((await opencode.run('mcp', 'debug', 'notes')).output,
                     /WWW-Authenticate: Bearer resource_metadata="/);
        assert.match((await opencode.run('mcp', 'auth', 'notes')).output,
                     /Authentication successful/);

        const [address, ...others] = await home.opened();

        assert.deepEqual(others, []);
        assert.equal(address.searchParams.get('scope'), READ);
        assert.equal(address.searchParams.get('resource'), world.mcpUrl);
        assert.deepEqual(world.asked(), ['POST /reg 201', ...registered]);

        const before = (await world.accesses()).length;

        assert.match((await opencode.run('mcp', 'list')).output,
                     /notes connected/);

        // It also opens a stream with GET, and may leave before it does.

        const stream = 'GET /mcp 200';
        const seen = (await world.accesses()).slice(before);

        assert.deepEqual(seen.filter((line) => line !== stream), [
            'POST /mcp 200', 'POST /mcp 202', 'POST /mcp 200',
        ]);
        assert.ok(seen.length <= 4);
    }, { refused: ['no_token'] }));


test('its MCP client: an expired token, and nobody to ask', { skip }, () =>
    inHome({}, async (world, opencode, home) => {
        await opencode.prepare(world.mcpUrl);
        await opencode.run('mcp', 'auth', 'notes');
        assert.ok(await home.replace(world.as.issued[0],
                                     await expired(world, world.mcpUrl)));
        await world.as.stop();

        const before = (await world.accesses()).length;

        assert.match((await opencode.run('mcp', 'list')).output,
                     /notes (needs authentication|failed)/);
        assert.deepEqual((await world.accesses()).slice(before), [
            'POST /mcp 401', `${METADATA}/mcp 200`,
            'GET /mcp 401', `${METADATA}/mcp 200`]);
        assert.equal((await home.opened()).length, 1);
    }, { refused: ['expired'] }));


test('its MCP client: an expired token, and a refresh token', { skip }, () =>
    inHome({ as: { refresh: true } }, async (world, opencode, home) => {
        await opencode.prepare(world.mcpUrl);
        await opencode.run('mcp', 'auth', 'notes');
        assert.equal((await home.opened())[0].searchParams.get('scope'),
                     `${READ} offline_access`);
        assert.ok(await home.replace(world.as.issued[0],
                                     await expired(world, world.mcpUrl)));
        assert.match((await opencode.run('mcp', 'list')).output,
                     /notes connected/);
        assert.deepEqual(world.asked(), ['POST /reg 201', ...registered,
                                         'POST /token 200']);
    }, { refused: ['expired'] }));


test('its MCP client: more is needed', { skip }, () =>
    inHome({}, async (world, opencode, home) => {
        await opencode.prepare(world.toolsUrl);
        await opencode.run('mcp', 'auth', 'notes');
        assert.ok((await world.accesses()).includes('POST /tools 403'));
        assert.equal((await home.opened()).length, 1);
        assert.deepEqual(world.asked(), ['POST /reg 201', ...registered]);
    }, { refused: ['insufficient_scope'] }));


test('its MCP client: the metadata names another resource', { skip }, () =>
    inHome({}, async (world, opencode, home) => {
        await opencode.prepare(world.astrayUrl);

        const { output } = await opencode.run('mcp', 'list');

        assert.match(output, /does not match expected/);
        assert.deepEqual(await world.accesses(), [
            'POST /astray 401', `${METADATA}/elsewhere 200`,
            'GET /astray 401', `${METADATA}/elsewhere 200`]);
        assert.deepEqual(world.asked(), []);
        assert.deepEqual(await home.opened(), []);
    }, { refused: ['no_token'] }));


test('its MCP client: tokens of another audience', { skip }, () =>
    inHome({ as: { audience: () => 'https://elsewhere.example/' } },
           async (world, opencode, home) => {
        await opencode.prepare(world.mcpUrl);

        const { output } = await opencode.run('mcp', 'auth', 'notes');

        assert.match(output, /Unexpected status: needs_auth/);
        assert.equal((await home.opened()).length, 1);
        assert.deepEqual(world.asked(), ['POST /reg 201', ...registered]);
        assert.equal((await world.accesses()).filter((line) =>
            line === 'POST /mcp 401').length, 3);
    }, { refused: ['wrong_audience'] }));


test('the tool: a page, a note, and no browser in between', { skip }, () =>
    inHome({}, async (world, opencode, home) => {
        await opencode.install();

        const page = await opencode.fetch(world.notesUrl);

        assert.ok(page.includes(`Hello ${ACCOUNT}`), page);
        assert.match(await opencode.fetch(world.notesUrl,
                                          { method: 'POST', body: 'a note' }),
                     /^200 OK/);
        assert.match(await opencode.fetch(world.notesUrl), /^200 OK/);
        assert.deepEqual((await home.opened())
            .map(({ searchParams }) => searchParams.get('scope')),
            [READ, `${READ} ${WRITE}`]);
        assert.deepEqual(world.asked(), [...registered, ...registered]);
        assert.deepEqual(await world.accesses(), [
            'GET /notes 401', `${METADATA}/notes 200`, 'GET /notes 200',
            'POST /notes 403', `${METADATA}/notes 200`, 'POST /notes 200',
            'GET /notes 200',
        ]);
    }, { refused: ['no_token', 'insufficient_scope'] }));


test('the tool: what is wrong is said', { skip }, () =>
    inHome({ as: { audience: () => 'https://elsewhere.example/' } },
           async (world, opencode) => {
        await opencode.install();

        assert.match(await opencode.fetch(world.astrayUrl),
                     /is of another resource/);
        assert.match(await opencode.fetch(world.notesUrl),
                     /refuses the token that \S+ has just issued/);
        await world.as.stop();
        assert.match(await opencode.fetch(world.notesUrl), /does not answer/);
        assert.deepEqual(await world.accesses(), [
            'GET /astray 401', `${METADATA}/elsewhere 200`,
            'GET /notes 401', `${METADATA}/notes 200`, 'GET /notes 401',
            'GET /notes 401', `${METADATA}/notes 200`,
        ]);
        assert.deepEqual(world.asked(), registered);
    }, { refused: ['wrong_audience'] }));
