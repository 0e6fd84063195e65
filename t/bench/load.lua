-- What wrk sends: GET with the tokens of a file, one after the other and from
-- the start again; without a file, no token.  The counts of the whole run are
-- printed as one line, "refused" being the answers of 400 and above.

local requests, last, count = {}, 0, 0


function init(args)
    local head = "GET " .. wrk.path .. " HTTP/1.1\r\nHost: app.test\r\n"
                 .. "User-Agent: wrk\r\nAccept: */*\r\n"

    if args[1] then
        for token in io.lines(args[1]) do
            count = count + 1
            requests[count] = head .. "Authorization: Bearer " .. token
                              .. "\r\n\r\n"
        end

    else
        count = 1
        requests[1] = head .. "\r\n"
    end
end


function request()
    last = last % count + 1

    return requests[last]
end


function done(summary)
    local errors = summary.errors

    print(string.format(
        "counted requests=%d bytes=%d refused=%d connect=%d read=%d write=%d"
        .. " timeout=%d", summary.requests, summary.bytes, errors.status,
        errors.connect, errors.read, errors.write, errors.timeout))
end
