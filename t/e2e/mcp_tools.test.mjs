// Runs the configuration of docs/agents/mcp.md exactly as it stands there,
// between version 2 of the official MCP client and its server.  Also tests the
// one thing that the page relies on: the server compares Mcp-Name with the
// body.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';

import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';

import { startAs } from '../../demo/as.mjs';
import { startNginx } from '../../demo/nginx.mjs';
import { blocks } from './document.mjs';
import { Host, connect, registeredClient } from './mcp_client.mjs';
import { startMcpServer } from './mcp_server.mjs';
import v2 from './sdk_v2.mjs';
import { BINARY, MODULE, recorder } from './world.mjs';


const PAGE = 'docs/agents/mcp.md';
const READ = 'notes:read';
const WRITE = `${READ} notes:write`;
const ALL = `${WRITE} notes:admin`;
const TOOLS = ['search', 'create', 'wipe'];

const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), 'oauth-e2e-'));
const as = await startAs({ scopes: ALL.split(' '), resources: [],
                           account: 'alice@example.com',
                           clients: [registeredClient(ALL)] });
const server = await startServer();
const [recipe] = await blocks(PAGE, 'nginx http');
const nginx = await startNginx({
    module: MODULE,
    binary: BINARY,
    folder,
    site: (port) => `oauth_issuer corp { issuer ${as.issuer}; }\n${recipe}`
        .replace('443 ssl', `127.0.0.1:${port}`)
        .replace('https://wiki.example.com', `http://127.0.0.1:${port}`)
        .replace('http://127.0.0.1:8080', server.url),
});
const url = `${nginx.url}/mcp`;

as.resources.add(url);

after(async () => {
    await nginx.stop();
    await server.stop();
    await as.stop();
    await rm(folder, { recursive: true, force: true });
});


// Version 2 of the server; every tool answers with its own name.  `ran` lists
// the names of the tools that have run.

async function startServer(options) {
    const ran = [];
    const handler = createMcpHandler(() => {
        const mcp = new McpServer({ name: 'notes', version: '1.0.0' });

        for (const name of TOOLS) {
            mcp.registerTool(name, { description: name }, () => {
                ran.push(name);
                return { content: [{ type: 'text', text: name }] };
            });
        }

        return mcp;
    }, options);
    const http = createServer(async (request, response) => {
        const chunks = await request.toArray();
        const answer = await handler.fetch(new Request(
            `http://127.0.0.1${request.url}`, {
                method: request.method,
                headers: request.headers,
                body: chunks.length > 0 ? Buffer.concat(chunks) : undefined,
            }));

        response.writeHead(answer.status, Object.fromEntries(answer.headers));
        response.end(Buffer.from(await answer.arrayBuffer()));
    });

    await once(http.listen(0, '127.0.0.1'), 'listening');

    return {
        ran,
        url: `http://127.0.0.1:${http.address().port}`,
        stop: async () => {
            http.closeAllConnections();
            await new Promise((resolve) => { http.close(resolve); });
        },
    };
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


async function client(scope, mode, fetch) {
    const host = new Host({
        issuer: as.issuer,
        client: registeredClient(ALL),
        token: await as.sign({ aud: url, scope }),
    });

    return [await connect(sdk(mode), url, host, fetch), host];
}


// Acts as a host does: after a refusal it signs in and asks again.

async function call([mcp, host], name) {
    const ask = () => mcp.callTool({ name, arguments: {} });

    const { content } = await ask().catch(async (error) => {
        assert.ok(error instanceof v2.UnauthorizedError, error);
        await v2.finish(mcp.transport, host.callback);
        return await ask();
    });

    return content[0].text;
}


test('a token for reading is enough for a tool that reads', async () => {
    const fetch = recorder();
    const agent = await client(READ, 'auto', fetch);
    const [mcp, host] = agent;

    assert.equal(await call(agent, 'search'), 'search');
    assert.deepEqual((await mcp.listTools()).tools.map(({ name }) => name),
                     TOOLS);
    await mcp.close();

    assert.equal(host.asked.length, 0);
    assert.ok(fetch.calls.every(({ status }) => status < 300),
              fetch.trace().join('\n'));
});


test('a tool that writes asks for what it needs, and then runs', async () => {
    const fetch = recorder();
    const agent = await client(READ, 'auto', fetch);
    const [mcp, host] = agent;

    assert.equal(await call(agent, 'create'), 'create');
    assert.equal(await call(agent, 'wipe'), 'wipe');
    await mcp.close();

    // Each refusal names what that tool needs, and no more.

    assert.deepEqual(host.asked.map(({ scope }) => scope.split(' ').sort()),
                     [WRITE, ALL].map((scope) => scope.split(' ').sort()));
    assert.equal(fetch.calls.filter(({ status }) => status === 403).length, 2);
});


test('an older version of the protocol needs all scopes', async () => {
    const fetch = recorder();
    const agent = await client(READ, 'legacy', fetch);
    const [mcp, host] = agent;

    assert.equal(await call(agent, 'search'), 'search');
    await mcp.close();

    assert.equal(fetch.calls[0].status, 403);
    assert.equal(host.asked.length, 1);
});


test('what the headers do not say does not run', async () => {
    const token = await as.sign({ aud: url, scope: READ });
    const [script] = await blocks(PAGE, 'sh');
    const before = server.ran.length;
    const statuses = await ask(script.replace('curl -s',
        `curl -s -H 'Authorization: Bearer ${token}'`), url);

    assert.deepEqual(statuses, ['200', '400', '400', '400', '400']);
    assert.deepEqual(server.ran.slice(before), ['search']);
});


test('the servers of the page compare', async () => {
    const [script] = await blocks(PAGE, 'sh');
    const old = await startMcpServer();
    const strict = await startServer({ legacy: 'reject' });

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
