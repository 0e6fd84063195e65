// A site of another origin.  Every path is an empty page, and such a page can
// import the published MCP client, one file for each module.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { startServer } from '../../demo/server.mjs';


const MODULES = fileURLToPath(new URL('node_modules', import.meta.url));

// The file that a bundler would choose for a browser.

const IMPORTS = {
    '@modelcontextprotocol/client':
        '@modelcontextprotocol/client/dist/index.mjs',
    '@modelcontextprotocol/client/_shims':
        '@modelcontextprotocol/client/dist/shimsBrowser.mjs',
    '@modelcontextprotocol/core/internal':
        '@modelcontextprotocol/core/dist/internal.mjs',
    'eventsource': 'eventsource/dist/index.js',
    'eventsource-parser': 'eventsource-parser/dist/index.js',
    'eventsource-parser/stream': 'eventsource-parser/dist/stream.js',
    'pkce-challenge': 'pkce-challenge/dist/index.browser.js',
    'zod/v4': 'zod/v4/index.js',
};

const PAGE = `<!DOCTYPE html>
<title>Another origin</title>
<link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({
    imports: Object.fromEntries(Object.entries(IMPORTS)
        .map(([name, file]) => [name, `/node_modules/${file}`])),
})}</script>
`;


export async function startPages() {
    return await startServer((request, response) => {
        serve(request, response).catch((error) => {
            response.writeHead(404).end(String(error));
        });
    });
}


async function serve({ url }, response) {
    const { pathname } = new URL(url, 'http://pages');
    const file = pathname.match(/^\/node_modules(\/.+\.m?js)$/)?.[1];

    response.setHeader('Content-Type', file ? 'text/javascript' : 'text/html');
    response.end(file ? await readFile(MODULES + file) : PAGE);
}
