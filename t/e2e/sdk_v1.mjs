// The first generation of the MCP client.

import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport }
    from '@modelcontextprotocol/sdk/client/streamableHttp.js';


export default {
    Client,
    Transport: StreamableHTTPClientTransport,
    UnauthorizedError,
    finish: (transport, callback) =>
        transport.finishAuth(callback.get('code')),
};
