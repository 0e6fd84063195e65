// Runs the configuration of docs/agents/mcp.md exactly as it stands there,
// between version 2 of the official MCP client and its server, without njs and
// with it.  Also tests the one thing that the page relies on: the server
// compares the headers with the body.
//
// NJS names nginx's JavaScript module; without it, the installed one is used.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { fromJsonSchema } from '@modelcontextprotocol/server';

import { startAs } from '../../demo/as.mjs';
import { startNginx } from '../../demo/nginx.mjs';
import { blocks } from './document.mjs';
import { Host, connect, registeredClient } from './mcp_client.mjs';
import { startMcpServer } from './mcp_server.mjs';
import { startToolServer } from './mcp_tool_server.mjs';
import v2 from './sdk_v2.mjs';
import { BINARY, MODULE, recorder } from './world.mjs';


const PAGE = 'docs/agents/mcp.md';
const READ = 'notes:read';
const WRITE = `${READ} notes:write`;
const ALL = `${WRITE} notes:admin`;
const MISMATCH = -32020;                // HeaderMismatch
const NJS = process.env.NJS ?? '/usr/lib/nginx/modules/ngx_http_js_module.so';

// The schema of the page, and one that the page warns of.

const [schema] = await blocks(PAGE, 'json');
const vault = fromJsonSchema(JSON.parse(schema));
const optional = fromJsonSchema({ ...JSON.parse(schema), required: [] });
const TOOLS = { search: undefined, create: undefined, wipe: undefined,
                'über': undefined, find: vault, peek: optional };

console.warn = () => {};                // about the name that is not ASCII

const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), 'oauth-e2e-'));
const as = await startAs({ scopes: ALL.split(' '), resources: [],
                           account: 'alice@example.com',
                           clients: [registeredClient(ALL)] });
const server = await startToolServer(TOOLS);
const [recipe] = await blocks(PAGE, 'nginx http');
const nginx = await start('plain', recipe);
const urls = { plain: `${nginx.url}/mcp` };
const skip = !existsSync(NJS) && `there is no ${NJS}`;
const scripted = skip ? undefined : await start('njs', await withNjs(recipe),
                                                [NJS]);

if (scripted) {
    urls.njs = `${scripted.url}/mcp`;
}

Object.values(urls).forEach((url) => as.resources.add(url));

after(async () => {
    await scripted?.stop();
    await nginx.stop();
    await server.stop();
    await as.stop();
    await rm(folder, { recursive: true, force: true });
});


async function start(name, site, others = []) {
    const own = await mkdtemp(join(folder, `${name}-`));

    return await startNginx({
        module: MODULE,
        others,
        binary: BINARY,
        folder: own,
        site: (port) => `oauth_issuer corp { issuer ${as.issuer}; }\n${site}`
            .replace('443 ssl', `127.0.0.1:${port}`)
            .replace('https://wiki.example.com', `http://127.0.0.1:${port}`)
            .replace('http://127.0.0.1:8080', server.url),
    });
}


// What the page says about njs: a script, two variables, and their places.

async function withNjs(text) {
    const file = join(folder, 'mcp.js');
    const [script] = await blocks(PAGE, 'js');
    const [variables] = await blocks(PAGE, 'conf');

    await writeFile(file, script);

    return variables.replace('/etc/nginx/mcp.js', file)
        + text.replace(/^map[^]*?^server/m, (maps) => maps
            .replaceAll('$http_mcp_name', '$mcp_name')
            .replaceAll('$http_mcp_param_vault', '$mcp_vault')
            .replace(/"~\^tools\/call:=\\\?base64.*?"/,
                     '"~^tools/call:über$"'));
}


// The client of the SDK; it uses the new version only if it is told to.

function sdk(mode) {
    return {
        ...v2,
        Client: class extends v2.Client {
            constructor(info) {
                super(info, { versionNegotiation: { mode } });
            }
        },
    };
}


async function client(url, scope, mode, fetch) {
    const host = new Host({
        issuer: as.issuer,
        client: registeredClient(ALL),
        token: await as.sign({ aud: url, scope }),
    });

    return [await connect(sdk(mode), url, host, fetch), host];
}


// Acts as a host does: after a refusal it signs in and asks again.

async function call([mcp, host], name, given = {}) {
    const ask = () => mcp.callTool({ name, arguments: given });

    const { content } = await ask().catch(async (error) => {
        assert.ok(error instanceof v2.UnauthorizedError, error);
        await v2.finish(mcp.transport, host.callback);
        return await ask();
    });

    return content[0].text;
}


// Sends one call, as a client may make it up: header fields in order, and the
// tool and its arguments in the body.  Returns the status; the scope of the
// challenge or the code of the error; and what has run.

async function send(url, fields, tool, given = {}, version = '2026-07-28') {
    const meta = 'io.modelcontextprotocol/';
    const before = server.ran.length;
    const token = await as.sign({ aud: url, scope: READ });
    const { stdout } = await run('curl', ['-s', '-i', url,
        '-H', `Authorization: Bearer ${token}`,
        '-H', 'Content-Type: application/json',
        '-H', 'Accept: application/json, text/event-stream',
        ...fields.flatMap((field) => ['-H', field]),
        '-d', JSON.stringify({
            jsonrpc: '2.0', id: 1, method: 'tools/call',
            params: { name: tool, arguments: given, _meta: {
                [`${meta}protocolVersion`]: version,
                [`${meta}clientInfo`]: { name: 'curl', version: '1' },
                [`${meta}clientCapabilities`]: {} } } })], {
        env: { ...process.env, NO_PROXY: '*', no_proxy: '*' },
    });
    const status = Number(stdout.match(/^HTTP\/1.1 (\d+)/)[1]);
    const why = status === 403 ? stdout.match(/scope="([^"]+)"/)[1]
        : Number(stdout.match(/"code":(-\d+)/)?.[1] ?? 0);

    return [status, why, server.ran.slice(before).join()];
}


const headers = (name, ...more) => [
    'MCP-Protocol-Version: 2026-07-28', 'Mcp-Method: tools/call',
    `Mcp-Name: ${name}`, ...more];
const encoded = (text) =>
    `=?base64?${Buffer.from(text).toString('base64')}?=`;


for (const variant of ['plain', 'njs']) {
    describe(variant, { skip: variant === 'njs' && skip }, () => {
        testScopes(variant);
        testLies(variant);
        testSpellings(variant);
    });
}


function testScopes(variant) {
    const url = urls[variant];

    test('a token for reading is enough for what reads', async () => {
        const fetch = recorder();
        const agent = await client(url, READ, 'auto', fetch);
        const [mcp, host] = agent;

        assert.equal(await call(agent, 'search'), 'search');
        assert.deepEqual((await mcp.listTools()).tools.map(({ name }) => name),
                         Object.keys(TOOLS));
        assert.equal(await call(agent, 'über'), 'über');
        assert.equal(await call(agent, 'find', { vault: 'shared' }),
                     'find vault=shared');
        await mcp.close();

        assert.equal(host.asked.length, 0);
        assert.ok(fetch.calls.every(({ status }) => status < 300),
                  fetch.trace().join('\n'));
    });


    test('what needs more asks for it, and then runs', async () => {
        const fetch = recorder();
        const agent = await client(url, READ, 'auto', fetch);
        const [mcp, host] = agent;

        assert.equal(await call(agent, 'create'), 'create');
        assert.equal(await call(agent, 'wipe'), 'wipe');
        await mcp.close();

        // Each refusal names what that tool needs, and no more.

        assert.deepEqual(host.asked.map(({ scope }) => scope.split(' ').sort()),
                         [WRITE, ALL].map((scope) => scope.split(' ').sort()));
        assert.equal(fetch.calls.filter(({ status }) => status === 403).length,
                     2);
    });


    test('so does another value of a parameter', async () => {
        const agent = await client(url, READ, 'auto', recorder());
        const [mcp, host] = agent;

        await mcp.listTools();
        assert.equal(await call(agent, 'find', { vault: 'private' }),
                     'find vault=private');
        await mcp.close();

        assert.deepEqual(host.asked.map(({ scope }) => scope.split(' ').sort()),
                         [ALL.split(' ').sort()]);
    });


    test('an older version of the protocol needs all scopes', async () => {
        const fetch = recorder();
        const agent = await client(url, READ, 'legacy', fetch);
        const [mcp, host] = agent;

        assert.equal(await call(agent, 'search'), 'search');
        await mcp.close();

        assert.equal(fetch.calls[0].status, 403);
        assert.equal(host.asked.length, 1);
    });
}


// A header that differs from the body gets past nginx, and not past the server.

function testLies(variant) {
    const url = urls[variant];

    test('what the headers do not say does not run', async () => {
        const token = await as.sign({ aud: url, scope: READ });
        const [script] = await blocks(PAGE, 'sh');
        const before = server.ran.length;
        const statuses = await ask(script.replace('curl -s',
            `curl -s -H 'Authorization: Bearer ${token}'`), url);

        assert.deepEqual(statuses, ['200', '400', '400', '400', '400']);
        assert.deepEqual(server.ran.slice(before), ['search']);
    });


    test('a lying header is refused as HeaderMismatch', async () => {
        const shared = 'Mcp-Param-Vault: shared';
        const lie = [400, MISMATCH, ''];

        for (const [fields, tool, given] of [
            [headers('search'), 'wipe'],
            [headers('search'), 'search '],
            [headers('search'), 'SEARCH'],
            [headers('search', 'Mcp-Name: wipe'), 'wipe'],
            [headers('search', 'mcp-name: wipe'), 'wipe'],
            [headers('search', 'Mcp-Method: tools/list'), 'wipe'],
            [headers('find', shared), 'find', { vault: 'private' }],
            [headers('find', shared), 'find', { vault: 'Shared' }],
            [headers('find', shared, 'Mcp-Param-Vault: private'), 'find',
             { vault: 'private' }],
            [headers('find', shared, 'MCP-PARAM-VAULT: private'), 'find',
             { vault: 'private' }],
        ]) {
            const answer = await send(url, fields, tool, given);

            // nginx 1.23 and newer join what comes twice, and need all scopes.

            if (answer[0] === 403 && fields.length > 3) {
                assert.deepEqual(answer, [403, ALL, ''], fields.join());

            } else {
                assert.deepEqual(answer, lie, fields.join());
            }
        }

        assert.deepEqual(await send(url, headers('find', shared), 'find',
                                    { vault: 'shared' }),
                         [200, 0, 'find vault=shared'], 'control');
    });


    test('a parameter that is left out is not compared', async () => {
        const shared = 'Mcp-Param-Vault: shared';

        // The schema refuses it where the parameter is required.

        const [status, , ran] = await send(url, headers('find', shared),
                                           'find');

        assert.equal(status, 200);
        assert.equal(ran, '');
        assert.deepEqual(await send(url, headers('find'), 'find',
                                    { vault: 'private' }), [403, ALL, '']);

        // What the page warns of: the server does not look at the header.

        assert.deepEqual(await send(server.url, headers('peek', shared),
                                    'peek'), [200, 0, 'peek']);
        assert.deepEqual(await send(server.url, headers('peek', shared), 'peek',
                                    { vault: 'private' }), [400, MISMATCH, '']);
    });
}


// The same name in other letters.  njs decodes; without it, all scopes are
// needed.

function testSpellings(variant) {
    const url = urls[variant];
    const strict = [403, ALL, ''];
    const decoded = (ran) => variant === 'njs' ? [200, 0, ran] : strict;

    test('Base64 does not get around a scope', async () => {
        for (const [name, tool, wanted] of [
            [encoded('wipe'), 'wipe', strict],
            [encoded('search'), 'search', decoded('search')],
            [encoded('über'), 'über', [200, 0, 'über']],
            [encoded('search').toUpperCase(), 'search', strict],
            ['=?base64?c2VhcmNo', 'search', strict],
            ['=?base64?c2VhcmNoCg==?=', 'search', strict],
            ['=?base64?c2VhcmNo?= ', 'search', decoded('search')],
            ['=?base64?c2VhcmNoAA==?=', 'search', strict],
            ['=?base64?IHNlYXJjaA==?=', 'search', strict],
            ['=?base64?c2VhcmNo====?=', 'search', strict],
            ['=?base64?c2Vhcm-o?=', 'search', strict],
            ['=?base64?/w==?=', 'search', strict],
            ['=?base64??=', 'search', strict],
            [encoded(encoded('search')), 'search', strict],
            ['SEARCH', 'search', strict],
            ['  search  ', 'search', [200, 0, 'search']],
            ['search\t', 'search', strict],
        ]) {
            assert.deepEqual(await send(url, headers(name), tool), wanted,
                             name);
        }
    });


    test('nor for a parameter', async () => {
        const param = (value) => headers('find', `Mcp-Param-Vault: ${value}`);

        for (const [value, given, wanted] of [
            [encoded('private'), 'private', strict],
            [encoded('shared'), 'shared', decoded('find vault=shared')],
            [encoded('shared'), 'private', variant === 'njs'
                ? [400, MISMATCH, ''] : strict],
            ['shared, private', 'private', strict],
            ['Shared', 'Shared', strict],
            [' shared ', 'shared', [200, 0, 'find vault=shared']],
        ]) {
            assert.deepEqual(await send(url, param(value), 'find',
                                        { vault: given }), wanted, value);
        }
    });
}


test('the servers of the page compare', async () => {
    const [script] = await blocks(PAGE, 'sh');
    const old = await startMcpServer();
    const strict = await startToolServer(TOOLS, { legacy: 'reject' });

    try {
        for (const { url: direct } of [server, strict]) {
            assert.deepEqual(await ask(script, `${direct}/mcp`),
                             ['200', '400', '400', '400', '400']);
        }

        assert.deepEqual(await ask(script, `${old.url}/mcp`),
                         ['400', '400', '400', '400', '400']);

    } finally {
        await strict.stop();
        await old.stop();
    }
});


async function ask(script, address) {
    const { stdout } = await run('sh', ['-eu', '-c',
        script.replace(/^SERVER=.*$/m, `SERVER=${address}`)], {
        env: { ...process.env, NO_PROXY: '*', no_proxy: '*' },
    });

    return stdout.trim().split('\n');
}
