// A small MCP server, made with the SDK.  It knows nothing about tokens.  One
// tool answers with the identity headers that it was sent; the others are those
// that the conformance suite asks for.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

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
    const mcp = new McpServer({ name: 'notes', version: '1.0.0' },
                              { capabilities: { logging: {} } });

    mcp.registerTool('whoami', { description: 'The identity that arrived' },
                     ({ requestInfo: { headers } }) => ({
        content: [{
            type: 'text',
            text: JSON.stringify({ user: headers['x-user'],
                                   authorization: headers.authorization }),
        }],
    }));

    addConformance(mcp);
    await mcp.connect(transport);

    return transport;
}


const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9Q'
              + 'DwADhgGAWjR9awAAAABJRU5ErkJggg==';

const text = (value) => ({ type: 'text', text: value });
const image = { type: 'image', data: PIXEL, mimeType: 'image/png' };
const resource = (uri) => ({
    type: 'resource',
    resource: { uri, mimeType: 'text/plain',
                text: 'This is an embedded resource content.' },
});


// The conformance suite calls the tools by these names.

function addConformance(mcp) {
    const tool = (name, answer) => mcp.registerTool(
        name, { description: name }, answer);
    const prompt = (name, ...content) => mcp.registerPrompt(
        name, { description: name },
        () => ({ messages: content.map((part) => ({ role: 'user',
                                                    content: part })) }));

    tool('test_simple_text', () => ({ content: [
        text('This is a simple text response for testing.')] }));
    tool('test_image_content', () => ({ content: [image] }));
    tool('test_multiple_content_types', () => ({ content: [
        text('Multiple content types test:'), image,
        resource('test://mixed-content-resource')] }));
    tool('test_embedded_resource', () => ({ content: [
        resource('test://embedded-resource')] }));
    tool('test_error_handling', () => {
        throw new Error('This tool intentionally returns an error for testing');
    });
    tool('test_tool_with_logging', (extra) => inSteps(extra, (step) => ({
        method: 'notifications/message',
        params: { level: 'info', data: `step ${step}` },
    })));
    tool('test_tool_with_progress', (extra) => inSteps(extra, (step) => ({
        method: 'notifications/progress',
        params: { progressToken: extra._meta?.progressToken ?? 0,
                  progress: step * 50, total: 100 },
    })));
    prompt('test_simple_prompt', text('This is a simple prompt for testing.'));
    prompt('test_prompt_with_image', image, text('Please look at it.'));
    mcp.registerResource('text', 'test://static-text', {
        mimeType: 'text/plain', description: 'text',
    }, ({ href }) => ({ contents: [{ uri: href, mimeType: 'text/plain',
                                     text: 'A static text.' }] }));
    mcp.registerResource('binary', 'test://static-binary', {
        mimeType: 'image/png', description: 'binary',
    }, ({ href }) => ({ contents: [{ uri: href, mimeType: 'image/png',
                                     blob: PIXEL }] }));
}


// Notifications in the stream of the answer, which a proxy could hold back.

async function inSteps({ sendNotification }, notification) {
    for (const step of [0, 1, 2]) {
        await sendNotification(notification(step));
        await delay(20);
    }

    return { content: [text('done')] };
}
