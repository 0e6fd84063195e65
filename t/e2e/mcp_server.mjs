// A small MCP server of the SDK's own making.  It knows nothing of tokens: its
// one tool answers with the identity headers that reached it.

import { randomUUID } from 'node:crypto';

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport }
    from '@modelcontextprotocol/sdk/server/streamableHttp.js';

import { startServer } from '../../demo/server.mjs';


export async function startMcpServer() {
    const sessions = new Map();

    return await startServer((request, response) => {
        serve(sessions, request, response).catch((error) => {
            response.destroy(error);
        });
    });
}


async function serve(sessions, request, response) {
    const id = request.headers['mcp-session-id'];

    if (id && !sessions.has(id)) {
        response.writeHead(404).end();
        return;
    }

    const transport = id ? sessions.get(id) : await newSession(sessions);

    await transport.handleRequest(request, response);
}


async function newSession(sessions) {
    const transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (id) => { sessions.set(id, transport); },
    });
    const mcp = new McpServer({ name: 'notes', version: '1.0.0' });

    mcp.registerTool('whoami', { description: 'The identity that arrived' },
                     ({ requestInfo: { headers } }) => ({
        content: [{
            type: 'text',
            text: JSON.stringify({ user: headers['x-user'],
                                   authorization: headers.authorization }),
        }],
    }));

    await mcp.connect(transport);

    return transport;
}
