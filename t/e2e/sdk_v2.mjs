// The second generation of the MCP client.

import { Client, StreamableHTTPClientTransport, UnauthorizedError }
    from '@modelcontextprotocol/client';


export default {
    Client,
    Transport: StreamableHTTPClientTransport,
    UnauthorizedError,
    finish: (transport, callback) => transport.finishAuth(callback),
};
