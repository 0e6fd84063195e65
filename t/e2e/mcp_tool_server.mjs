// Version 2 of the official MCP server, which compares the headers of a request
// with its body.  Every tool answers with its own name and its arguments.

import { once } from 'node:events';
import { createServer } from 'node:http';

import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';


// tools maps names to schemas of their arguments, or to nothing.  Returns the
// list of calls that ran, as "tool" or "tool argument=value", and the address.

export async function startToolServer(tools, options) {
    const ran = [];
    const handler = createMcpHandler(() => newServer(tools, ran), options);
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


function newServer(tools, ran) {
    const mcp = new McpServer({ name: 'notes', version: '1.0.0' });

    for (const [name, inputSchema] of Object.entries(tools)) {
        mcp.registerTool(name, { description: name, inputSchema }, (given) => {
            const said = [name, ...inputSchema ? Object.entries(given)
                .map(([key, value]) => `${key}=${value}`) : []].join(' ');

            ran.push(said);
            return { content: [{ type: 'text', text: said }] };
        });
    }

    return mcp;
}
