-- The requests that wrk sends: a GET with each line of a file in turn, again
-- from the start after the last one.  A line has the header fields that carry a
-- token, with tabs between them.  Without a file there is no token.  At the end
-- one line shows the counts of the run; "refused" counts the answers with a
-- status of 400 or more.

local requests, last, count = {}, 0, 0


function init(args)
    local head = "GET " .. wrk.path .. " HTTP/1.1\r\nHost: app.test\r\n"
                 .. "User-Agent: wrk\r\nAccept: */*\r\n"

    if args[1] then
        for line in io.lines(args[1]) do
            count = count + 1
            requests[count] = head .. line:gsub("\t", "\r\n") .. "\r\n\r\n"
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
