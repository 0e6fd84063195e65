// mcp-remote, a bridge for hosts that speak only stdio: the program that npm
// installs, and a host that speaks to it.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport }
    from '@modelcontextprotocol/sdk/client/stdio.js';

import { whoami } from './mcp_client.mjs';
import { MCP_REMOTE, freePort } from './programs.mjs';


const ANSWERS_WITHIN = 60_000;          // milliseconds


// Runs it until the host has its answer.  Returns { user } or { failure }, and
// what it has printed.

export async function ask(home, url) {
    const transport = new StdioClientTransport({
        command: process.execPath,
        args: [MCP_REMOTE, url, String(await freePort()),
               '--auth-timeout', '60'],
        env: home.env,
        cwd: home.folder,
        stderr: 'pipe',
    });
    const client = new Client({ name: 'host', version: '1.0.0' });
    let output = '';

    transport.stderr.on('data', (text) => { output += text; });

    try {
        await client.connect(transport, { timeout: ANSWERS_WITHIN });
        return { ...await whoami(client), output };

    } catch (failure) {
        return { failure, output };

    } finally {
        await client.close();
    }
}
